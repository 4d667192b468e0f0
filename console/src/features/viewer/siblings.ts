import type { PageRequest, Tagged } from "../../api/items";
import type { Item } from "../../api/types";

/** The files of a folder in the order that it is shown in, as far as they are read. */
export interface Siblings {
  files: readonly Item[];
  /** The cursor of what follows; null behind the last page. */
  next: string | null;
  /** The tag of the first page, which changes with anything in the drive. */
  etag: string | null;
}

const nothing: Siblings = { files: [], next: null, etag: null };

type Read = (request: Pick<PageRequest, "cursor" | "etag">) => Promise<Tagged<Item> | null>;

/** As many files as it takes to tell the one behind `id`. What is known is read again only where it has changed. */
export async function siblingsOf(id: string, known: Siblings | null, read: Read): Promise<Siblings> {
  const first = await read({ etag: known?.etag ?? null });
  const begun = first ? { files: filesOf(first), next: nextOf(first), etag: first.etag } : (known ?? nothing);
  let { files, next } = begun;
  while (next !== null && !hasNext(files, id)) {
    const answer = await read({ cursor: next });
    files = files.concat(filesOf(answer));
    next = nextOf(answer);
  }
  return { ...begun, files, next };
}

const filesOf = (answer: Tagged<Item> | null): readonly Item[] =>
  answer?.page.items.filter(({ kind }) => kind === "file") ?? [];

const nextOf = (answer: Tagged<Item> | null): string | null => answer?.page.next_cursor ?? null;

function hasNext(files: readonly Item[], id: string): boolean {
  const at = files.findIndex((item) => item.id === id);
  return at >= 0 && at < files.length - 1;
}
