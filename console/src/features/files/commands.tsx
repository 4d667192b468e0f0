import { signal } from "@preact/signals";
import { useRef, useState } from "preact/hooks";
import { UnansweredError } from "../../api/client";
import * as api from "../../api/items";
import type { BatchOperation, BatchResult, Item, ListedItem } from "../../api/types";
import { type Change, changed } from "../../app/live";
import { ROOT } from "../../app/routes";
import { account } from "../../app/session";
import { isKey, t } from "../../i18n";
import { confirm, FormDialog, open } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { toast, toastError } from "../../ui/toast";
import { later } from "../load";
import { mayPass } from "../uploads/patience";
import { askConflict } from "./conflict";
import { unmovedOf } from "./unmoved";

export interface Target {
  id: string;
  name: string;
}

/** What was cut or copied here, to be pasted into a folder. */
export const clipboard = signal<{ op: "move" | "copy"; items: readonly Item[] } | null>(null);
// The next user of the page may be another one.
account.subscribe((user) => {
  if (user === null) clipboard.value = null;
});

export function newFolder(parent: string): void {
  askName({ title: t("folder.new"), submit: t("folder.create"), name: "", selected: 0 }, async (name) => {
    await api.createFolder(parent, name);
    changed();
    toast(t("folder.created", { name }));
  });
}

export function rename(item: Item): void {
  // All but the extension, which a new name mostly keeps. Folders have none.
  const dot = item.kind === "file" ? item.name.lastIndexOf(".") : 0;
  const selected = dot > 0 ? dot : item.name.length;
  askName({ title: t("rename.title"), submit: t("action.rename"), name: item.name, selected }, async (name) => {
    if (name === item.name) return;
    await api.rename(item, name);
    changed();
    toast(t("rename.done", { name }));
  });
}

interface Asked {
  title: string;
  submit: string;
  name: string;
  /** How many characters of it are selected at first. */
  selected: number;
}

function askName(asked: Asked, run: (name: string) => Promise<void>): void {
  open((close) => <NameDialog {...asked} run={run} close={close} />);
}

interface NameDialogProps extends Asked {
  run: (name: string) => Promise<void>;
  close: () => void;
}

function NameDialog({ title, submit, name, selected, run, close }: NameDialogProps) {
  const [value, setValue] = useState(name);
  const isSelected = useRef(false);
  return (
    <FormDialog
      title={title}
      submit={submit}
      onClose={close}
      onSubmit={async () => {
        await run(value.trim());
        close();
      }}
    >
      <Field
        label={t("field.itemName")}
        value={value}
        onValue={setValue}
        required
        maxLength={255}
        autofocus
        onFocus={(input) => {
          if (isSelected.current) return;
          isSelected.current = true;
          input.setSelectionRange(0, selected);
        }}
      />
    </FormDialog>
  );
}

export function chooseTarget(op: "move" | "copy", items: readonly Item[], start: string): void {
  const asked = {
    title: t(`${op}.title`, { count: items.length }),
    submit: t(`${op}.here`),
    start,
    without: new Set(op === "move" ? items.map((item) => item.id) : []),
    onPick: async (target: Target) => {
      await transfer(op, items, target);
    },
  };
  later().then(({ pickFolder }) => pickFolder(asked), toastError);
}

/**
 * Moves or copies into a folder. Names that are taken there are asked about, once for all. Resolves to the entries that it may
 * be tried again with: their request failed, or the question about them has gone without an answer.
 */
async function transfer<T extends ListedItem>(
  op: "move" | "copy",
  items: readonly T[],
  target: Target,
): Promise<readonly T[]> {
  const first = await api.batch(
    items.map((item) => ({ op, id: item.id, parent_id: target.id, on_conflict: op === "move" ? "fail" : "rename" })),
  );
  const byId = new Map(items.map((item) => [item.id, item]));
  const taken = first.filter((result) => result.code === "name_taken");
  let results = first.filter((result) => result.code !== "name_taken");
  let unanswered: readonly T[] = [];
  if (taken.length > 0) {
    const concerned = taken.flatMap((result) => byId.get(result.id) ?? []);
    const choice = await askConflict(
      () => concerned.map((item) => item.name),
      concerned.every((item) => item.kind === "file"),
    );
    if (choice === null) unanswered = concerned;
    else if (choice !== "skip") {
      const again: BatchOperation[] = taken.map(({ id }) => ({ op, id, parent_id: target.id, on_conflict: choice }));
      results = results.concat(await api.batch(again).catch(orFailed(again, results)));
    }
  }
  const moved = results.filter(succeeded).flatMap((result) => byId.get(result.id) ?? []);
  const done = moved.length > 0 ? t(`${op}.done`, { count: moved.length, folder: target.name }) : null;
  report(op, results, done, op === "move" ? () => void putBack(moved) : undefined);
  return [...unanswered, ...unmovedOf(items, results)];
}

/** Where others were done before, operations whose request fails are told beside them, and do not hide them. */
const orFailed = (operations: BatchOperation[], before: readonly BatchResult[]) => (error: unknown) => {
  if (!before.some(succeeded)) throw error;
  return api.failedOf(operations, error);
};

async function putBack(items: readonly ListedItem[]): Promise<void> {
  await attempt(async () => {
    const results = await api.batch(
      items.map((item) => ({ op: "move", id: item.id, parent_id: item.parent_id ?? ROOT, on_conflict: "rename" })),
    );
    report(null, results, t("undo.done"));
  });
}

/** Moves or copies, and tells why where that fails. */
export async function bring(op: "move" | "copy", items: readonly ListedItem[], target: Target): Promise<void> {
  await attempt(async () => {
    await transfer(op, items, target);
  });
}

/** Takes entries to be pasted into another folder. */
export function hold(op: "move" | "copy", items: readonly Item[]): void {
  clipboard.value = { op, items };
  toast(t(op === "move" ? "clipboard.cut" : "clipboard.copied", { count: items.length }));
}

/** What was cut and could not be moved, for the service was away or too busy, can be pasted again. */
export async function paste(target: Target): Promise<void> {
  const held = clipboard.value;
  if (!held) return;
  if (held.op === "move") clipboard.value = null;
  const keep = (items: readonly Item[]) => {
    // What was cut meanwhile stays.
    if (held.op === "move" && items.length > 0 && account.peek()) clipboard.value ??= { op: "move", items };
  };
  await attempt(async () => {
    try {
      keep(await transfer(held.op, held.items, target));
    } catch (error) {
      const isUnknown = error instanceof UnansweredError || error instanceof api.InterruptedError;
      if (isUnknown || mayPass(error)) keep(held.items);
      throw error;
    }
  });
}

/** Where the service keeps no trash, deleting for good is offered instead. Resolves to whether something went. */
export async function trash(items: readonly Item[]): Promise<boolean> {
  let gone = false;
  await attempt(async () => {
    const results = await api.batch(items.map((item) => ({ op: "trash", id: item.id })));
    if (results.length > 0 && results.every((result) => result.code === "conflict")) return removeForGood(items);
    const done = results.filter(succeeded).map((result) => result.id);
    gone = done.length > 0;
    report("trash", results, done.length > 0 ? t("trash.done", { count: done.length }) : null, () => {
      void restore(done);
    });
  });
  return gone;
}

/** Brings entries back from the trash; folders that they lay in and that are gone are made again. */
export async function restore(ids: readonly string[]): Promise<void> {
  await attempt(async () => {
    const results = await api.batch(
      ids.map((id) => ({ op: "restore", id, recreate_parents: true, on_conflict: "rename" })),
    );
    const count = results.filter(succeeded).length;
    report("restore", results, count > 0 ? t("restore.done", { count }) : null);
  });
}

export function removeForGood(items: readonly ListedItem[]): void {
  const names = { count: items.length, name: items[0]?.name ?? "" };
  confirm({
    title: t("remove.title", names),
    text: t("remove.text", names),
    confirm: t("remove.confirm"),
    danger: true,
    run: async () => {
      const results = await api.batch(items.map((item) => ({ op: "delete", id: item.id, recursive: true })));
      const count = results.filter(succeeded).length;
      report("delete", results, count > 0 ? t("remove.done", { count }) : null);
    },
  });
}

/** Fetches files one after another, as if their links were followed. */
export function download(items: readonly Item[]): void {
  const files = items.filter((item) => item.kind === "file");
  const user = account.peek()?.id;
  for (const [index, file] of files.entries()) {
    // Browsers take downloads that are started together for one. What is left belongs to the user who has begun it.
    setTimeout(() => account.peek()?.id === user && save(file.download.url, file.name), index * 300);
  }
}

/** Fetches what is at a URL, and leaves the page where it is. */
export function save(url: string, name: string): void {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

const succeeded = (result: BatchResult): boolean => result.status < 400;

/** Tells what was done, and of what failed the first reason. */
function report(op: Change["op"], results: readonly BatchResult[], done: string | null, undo?: () => void): void {
  const ids = results.filter(succeeded).map((result) => result.id);
  if (ids.length > 0) changed({ op, ids });
  if (done !== null) toast(done, undo ? { label: t("action.undo"), run: undo } : undefined);
  const failed = results.filter((result) => !succeeded(result));
  const reason = failed[0];
  if (reason) toastError(new Error(`${t("batch.failed", { count: failed.length })} ${reasonOf(reason)}`));
}

function reasonOf({ code = "" }: BatchResult): string {
  const key = `error.${code}`;
  return isKey(key) ? t(key) : code;
}

async function attempt(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    toastError(error);
  }
}
