// Names for what the document of the API describes. What is narrower here than there is what this console sends.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type User = Schemas["User"];
export type Account = Schemas["Account"];
export type Session = Schemas["Session"];
export type Capabilities = Schemas["Capabilities"];
export type Problem = Schemas["Problem"];
export type AdminUser = Schemas["AdminUser"];
export type UserChanges = Schemas["UserChanges"];
export type Job = Schemas["Job"];
export type Stats = Schemas["Stats"];
export type AuditEntry = Schemas["AuditEntry"];
export type SignedUrl = Schemas["SignedUrl"];
export type Folder = Schemas["Folder"];
export type FileItem = Schemas["File"];
export type Item = Schemas["Item"];
export type TrashedItem = Schemas["TrashedItem"];
export type Version = Schemas["Version"];
export type VersionChanges = Schemas["VersionChanges"];
export type Usage = Schemas["FolderUsage"];
export type DirectUpload = Schemas["DirectUpload"];
export type DirectPart = Schemas["DirectPart"];
export type MadePath = Schemas["MadePath"];
export type BatchResult = Schemas["BatchResult"];
export type BatchResults = Schemas["BatchResults"];
/** Work that outlives its request. */
export type Operation = Schemas["Operation"];

/** What lists show: what is in the trash has no URLs. */
export type ListedItem = Item | TrashedItem;

/** One page of a list; no `next_cursor` on the last. */
export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export type OnConflict = "fail" | "rename" | "replace";

export type BatchOperation = Schemas["BatchOperation"] & {
  op: "move" | "copy" | "trash" | "restore" | "delete";
  on_conflict?: OnConflict;
};
