import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import * as api from "../../api/items";
import type { FileItem } from "../../api/types";
import { useLive } from "../../app/live";
import { go } from "../../app/router";
import { ROOT } from "../../app/routes";
import { type Key, t } from "../../i18n";
import { day, size } from "../../i18n/format";
import { announce } from "../../ui/announcer";
import type { MenuItem } from "../../ui/menu";
import { PagedList } from "../../ui/paged";
import { Failure } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";
import { useTitle } from "../../ui/title";
import * as commands from "../files/commands";
import { ItemGrid } from "../files/grid";
import { letterOf } from "../files/grid-keys";
import type { Column } from "../files/grid-types";
import { kindName, kindOf } from "../files/kinds";
import { addressOf, openItem } from "../files/open";
import { nothing, type Selection } from "../files/selection";
import { SelectionBar } from "../files/selection-bar";

const kinds: readonly { value: string; label: Key }[] = [
  { value: "", label: "search.any" },
  { value: "image/*", label: "kind.image" },
  { value: "video/*", label: "kind.video" },
  { value: "audio/*", label: "kind.audio" },
  { value: "application/pdf", label: "kind.pdf" },
  { value: "text/*", label: "kind.text" },
];

/** What makes an entry one that is not found any more. */
const leaving = ["trash", "delete"] as const;

const columns = (): Column<FileItem>[] => [
  { key: "name", label: t("column.name"), render: (item) => item.name },
  { key: "modified", label: t("column.modified"), render: (item) => day(item.modified_at) },
  { key: "kind", label: t("column.kind"), render: (item) => t(kindName(kindOf(item))) },
  { key: "size", label: t("column.size"), render: (item) => size(item.size) },
];

/** Files by a part of their name, in all folders. */
export function SearchPage({ q, kind }: { q: string; kind: string }) {
  useTitle(q === "" ? t("nav.search") : t("search.title", { q }));
  return (
    <div class="page">
      <header class="page-head">
        <h1 tabIndex={-1}>{q === "" ? t("nav.search") : t("search.title", { q })}</h1>
        <div class="chips" role="group" aria-label={t("search.filter")}>
          {kinds.map((entry) => (
            <button
              key={entry.value}
              type="button"
              class="chip"
              aria-pressed={kind === entry.value}
              onClick={() => go({ page: "search", q, kind: entry.value }, { replace: true })}
            >
              {t(entry.label)}
            </button>
          ))}
        </div>
      </header>
      {q === "" ? (
        <Empty icon="search" title={t("search.begin")}>
          <p class="muted">{t("search.beginHint")}</p>
        </Empty>
      ) : (
        <Results key={`${kind} ${q}`} q={q} kind={kind} />
      )}
    </div>
  );
}

function Results({ q, kind }: { q: string; kind: string }) {
  const list = useMemo(
    () => new PagedList<FileItem>((request) => api.search(q, kind, request), api.driveState(ROOT)),
    [],
  );
  const selection = useMemo(() => signal<Selection>(nothing), []);
  useLive(list, leaving);
  const items = list.items.value;
  const isReady = list.status.value === "ready";
  const found = t(list.complete.value ? "search.found" : "search.foundMore", { count: items.length });
  // What is found is told once; what changes later is seen.
  useEffect(() => {
    if (isReady) announce(items.length === 0 ? t("search.nothing", { q }) : found);
  }, [isReady]);
  if (list.status.value === "failed") return <Failure error={list.error.value} retry={() => void list.load()} />;
  if (list.status.value === "loading") return <Loading />;
  if (items.length === 0) {
    return (
      <Empty icon="search" title={t("search.nothing", { q })}>
        <p class="muted">{t("search.nothingHint")}</p>
      </Empty>
    );
  }
  const selected = items.filter((item) => selection.value.selected.has(item.id));
  return (
    <>
      <div class="toolbar">
        {selected.length > 0 ? (
          <SelectionBar
            selection={selection}
            count={selected.length}
            actions={menuOf(selected).filter(({ label }) => label !== t("action.open"))}
          />
        ) : (
          <p class="muted">{found}</p>
        )}
      </div>
      <ItemGrid
        label={t("search.results")}
        list={list}
        selection={selection}
        view="list"
        columns={columns()}
        summary={(item) => `${day(item.modified_at)} · ${size(item.size)}`}
        address={addressOf}
        onOpen={openItem}
        menu={menuOf}
        onKey={(event, chosen) => {
          const [first] = chosen;
          const letter = letterOf(event);
          const control = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
          if (event.key === "F2" && first && chosen.length === 1) commands.rename(first);
          else if (event.key === "Delete" && first) void commands.trash(chosen);
          else if (control && letter === "x" && first) commands.hold("move", chosen);
          else if (control && letter === "c" && first) commands.hold("copy", chosen);
          else return false;
          return true;
        }}
      />
    </>
  );
}

function menuOf(chosen: readonly FileItem[]): MenuItem[] {
  const [first] = chosen;
  if (!first) return [];
  const parent = first.parent_id ?? ROOT;
  const entries: MenuItem[] = [];
  if (chosen.length === 1) {
    entries.push(
      { label: t("action.open"), icon: "external", keys: "↵", run: () => openItem(first) },
      { label: t("action.showInFolder"), icon: "folder", run: () => go({ page: "files", folder: parent }) },
      { label: t("action.rename"), icon: "edit", keys: "F2", run: () => commands.rename(first) },
    );
  }
  entries.push(
    { label: t("action.download"), icon: "download", run: () => commands.download(chosen) },
    { label: t("action.moveTo"), icon: "move", run: () => commands.chooseTarget("move", chosen, parent) },
    { label: t("action.copyTo"), icon: "copy", run: () => commands.chooseTarget("copy", chosen, parent) },
    { label: t("action.trash"), icon: "trash", keys: "Del", danger: true, run: () => void commands.trash(chosen) },
  );
  return entries;
}
