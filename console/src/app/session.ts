import { signal } from "@preact/signals";
import * as auth from "../api/auth";
import { endSession, onSessionEnded } from "../api/client";
import type { Account } from "../api/types";
import { closeAll } from "../ui/dialog";
import { clearToasts } from "../ui/toast";
import { basePath } from "./base";
import { go, route } from "./router";

/** Who is signed in; null until that is known, and after the session has ended. */
export const account = signal<Account | null>(null);

/** Whether a session has ended that the user has not ended here: the door says so. */
export const hasEnded = signal(false);

/** Tells the other tabs, which have the same cookies, who is signed in (an id), or that no one is (null). */
const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`session${basePath}`) : null;

const atTheDoor = () => route.value.page === "login" || route.value.page === "register";

export function startSession(): void {
  onSessionEnded(() => {
    const wasKnown = account.peek() !== null;
    account.value = null;
    if (atTheDoor()) return;
    hasEnded.value = wasKnown;
    clear();
    const next = location.pathname.slice(basePath.length) + location.search;
    go({ page: "login", next }, { replace: true });
  });
  channel?.addEventListener("message", ({ data: user }: MessageEvent<string | null>) => {
    const shown = account.peek()?.id;
    // What is shown of another user is not for the one who has signed in elsewhere.
    if (user === null || (shown !== undefined && shown !== user)) endSession();
  });
}

/** Reads the account, and with it what of its storage is in use. */
export async function loadAccount(): Promise<Account> {
  const found = await auth.account();
  if (found.id !== account.peek()?.id) channel?.postMessage(found.id);
  account.value = found;
  hasEnded.value = false;
  return found;
}

/** Goes to the door after the user has ended the session, here and in the other tabs. */
export function leave(): void {
  account.value = null;
  hasEnded.value = false;
  clear();
  go({ page: "login", next: null });
  channel?.postMessage(null);
}

/** Takes away what is shown over every page: it may tell of what its user has. */
function clear(): void {
  closeAll();
  clearToasts();
}
