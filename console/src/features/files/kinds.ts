import type { ListedItem } from "../../api/types";
import type { Key } from "../../i18n";
import type { IconName } from "../../ui/icon";

export type Kind = "folder" | "image" | "video" | "audio" | "pdf" | "text" | "archive" | "file";

const archives = new Set([
  "application/zip",
  "application/gzip",
  "application/x-tar",
  "application/x-7z-compressed",
  "application/x-xz",
  "application/zstd",
  "application/vnd.rar",
]);

const texts = new Set(["application/json", "application/xml", "application/javascript", "application/x-sh"]);

/** What an item is, as far as the console makes a difference. */
export function kindOf(item: ListedItem): Kind {
  if (item.kind === "folder") return "folder";
  const type = (item.content_type ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
  for (const family of ["image", "video", "audio"] as const) if (type.startsWith(`${family}/`)) return family;
  if (type === "application/pdf") return "pdf";
  if (archives.has(type)) return "archive";
  if (type.startsWith("text/") || texts.has(type) || type.endsWith("+json") || type.endsWith("+xml")) return "text";
  return "file";
}

export const iconOf = (kind: Kind): IconName => kind;

export const kindName = (kind: Kind): Key => `kind.${kind}`;
