import { useEffect, useRef } from "preact/hooks";
import { onChangeUnanswered } from "../api/client";
import type { BatchOperation } from "../api/types";
import type { PagedList } from "../ui/paged";
import { poll } from "./poll";

/** For how many milliseconds changes are gathered by those who are told of all of them once. */
const GATHERED = 3000;

const channel = "BroadcastChannel" in globalThis ? new BroadcastChannel("changes") : null;
const listeners = new Set<(change: Change) => void>();

/** What was done to entries, where it was done here and lists may show it before the service's do. */
export interface Change {
  op: BatchOperation["op"] | null;
  ids: readonly string[];
}

const unknown: Change = { op: null, ids: [] };

/** Calls `listener` when something was changed, here or in another tab. */
export function subscribe(listener: (change: Change) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Tells all lists, in every tab, that this one has changed something. */
export function changed(change: Change = unknown): void {
  for (const listener of listeners) listener(change);
  channel?.postMessage(null);
}

// What was not answered may have changed something all the same.
onChangeUnanswered(() => changed());

channel?.addEventListener("message", () => {
  for (const listener of listeners) listener(unknown);
});

/** Calls `listener` some seconds after something was changed, once for all that was changed meanwhile. */
export function onChanged(listener: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      listener();
    }, GATHERED);
  };
  const stop = subscribe(later);
  return () => {
    clearTimeout(timer);
    stop();
  };
}

/** Reads a list, and keeps it as the service has it. Entries that one of `leaving` was done to are gone at once. */
export function useLive<T extends { id: string }>(list: PagedList<T>, leaving: readonly Change["op"][]): void {
  useEffect(() => {
    void list.load();
    const stops = [
      // With an entity tag, which costs next to nothing while the list is the same.
      poll(() => list.refresh()),
      subscribe(({ op, ids }) => {
        const gone = new Set(leaving.includes(op) ? ids : []);
        if (gone.size > 0) list.edit((items) => items.filter((item) => !gone.has(item.id)));
        void list.refresh();
      }),
    ];
    return () => {
      for (const stop of stops) stop();
      list.close();
    };
  }, [list]);
}

/** In another order a list is another one: until that is here, what is shown stays. */
export function useSteady<T extends { id: string }>(wanted: PagedList<T>): PagedList<T> {
  const before = useRef<PagedList<T> | null>(null);
  const list = wanted.status.value === "loading" && before.current ? before.current : wanted;
  if (list.status.value === "ready") before.current = list;
  return list;
}
