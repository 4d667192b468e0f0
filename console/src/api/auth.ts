import { discard, json, send, withoutTokens } from "./client";
import type { Account, Capabilities, Page, Session, User } from "./types";

export const register = (body: { email: string; password: string; name?: string }): Promise<User> =>
  json("POST", "v1/auth/register", { body });

export async function logIn(body: { email: string; password: string }): Promise<void> {
  discard(await send("POST", "v1/auth/login", { body, headers: withoutTokens }));
}

export async function logOut(): Promise<void> {
  await send("POST", "v1/auth/logout", { mayRepeat: true });
}

export const account = (): Promise<Account> => json("GET", "v1/auth/me");

export const rename = (name: string | null): Promise<User> => json("PATCH", "v1/auth/me", { body: { name } });

export async function changePassword(current_password: string, new_password: string): Promise<void> {
  await send("POST", "v1/auth/password", { body: { current_password, new_password } });
}

export async function removeAccount(password: string): Promise<void> {
  await send("DELETE", "v1/auth/me", { body: { password } });
}

export const sessions = (): Promise<Page<Session>> => json("GET", "v1/auth/sessions");

export async function endSession(id: string): Promise<void> {
  await send("DELETE", `v1/auth/sessions/${id}`);
}

export async function endOtherSessions(): Promise<void> {
  await send("DELETE", "v1/auth/sessions");
}

export const capabilities = (): Promise<Capabilities> => json("GET", "v1/capabilities");
