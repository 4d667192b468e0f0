import { json, send } from "./client";
import type { AdminUser, AuditEntry, Job, Page, Stats, UserChanges } from "./types";

export const stats = (): Promise<Stats> => json("GET", "v1/admin/stats");

export const users = (q: string, cursor?: string | null): Promise<Page<AdminUser>> =>
  json("GET", "v1/admin/users", { query: { q, cursor } });

export const changeUser = (id: string, body: UserChanges): Promise<AdminUser> =>
  json("PATCH", `v1/admin/users/${id}`, { body });

export async function removeUser(id: string): Promise<void> {
  await send("DELETE", `v1/admin/users/${id}`);
}

export const jobs = (state: string, cursor?: string | null): Promise<Page<Job>> =>
  json("GET", "v1/admin/jobs", { query: { state, cursor } });

export async function retryJob(id: string): Promise<void> {
  await send("POST", `v1/admin/jobs/${id}/retry`);
}

export const audit = (action: string, cursor?: string | null): Promise<Page<AuditEntry>> =>
  json("GET", "v1/admin/audit", { query: { action, cursor } });
