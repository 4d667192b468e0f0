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

/** Which entries of the trail are asked for; what is empty restricts nothing. */
export interface AuditFilter {
  action: string;
  /** The id of an account. */
  user: string;
  /** RFC 3339: at this moment or later. */
  since: string;
  /** RFC 3339: before this moment. */
  until: string;
}

export const audit = (filter: AuditFilter, cursor?: string | null): Promise<Page<AuditEntry>> =>
  json("GET", "v1/admin/audit", { query: { ...filter, cursor } });
