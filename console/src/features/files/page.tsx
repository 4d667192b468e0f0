import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError, isOutOfReach } from "../../api/client";
import * as api from "../../api/items";
import type { Folder, Item } from "../../api/types";
import { lazy } from "../../app/lazy";
import { useLive, useSteady } from "../../app/live";
import { go } from "../../app/router";
import { ROOT } from "../../app/routes";
import { t } from "../../i18n";
import { day, size } from "../../i18n/format";
import { focusMainInPlace, useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { MenuButton, type MenuItem } from "../../ui/menu";
import { PagedList } from "../../ui/paged";
import { Failure } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";
import { useTitle } from "../../ui/title";
import { later } from "../load";
import { fromInput, fromTransfer } from "../uploads/entries";
import { upload, useChooser } from "../uploads/start";
import * as commands from "./commands";
import { Crumbs } from "./crumbs";
import { accept, fits, hasLeft, isFileDrag, startDrag } from "./drag";
import { dropInto } from "./drop";
import { ItemGrid } from "./grid";
import { letterOf } from "./grid-keys";
import type { Column } from "./grid-types";
import { kindName, kindOf } from "./kinds";
import { addressOf, folderAround, knownFolder, leave, leftLast, openItem } from "./open";
import { nothing, type Selection } from "./selection";
import { SelectionBar } from "./selection-bar";
import { details, sort, sortKeys, view } from "./settings";
import { SortMenu, ViewButtons } from "./view-menu";

const Details = lazy(async () => (await later()).Details);

/** What takes an entry out of its folder. */
const leaving = ["move", "trash", "delete"] as const;

const columns = (): Column<Item>[] => [
  { key: "name", label: t("column.name"), sort: "name", render: (item) => item.name },
  { key: "modified", label: t("column.modified"), sort: "modified_at", render: (item) => day(item.modified_at) },
  { key: "kind", label: t("column.kind"), sort: "type", render: (item) => t(kindName(kindOf(item))) },
  {
    key: "size",
    label: t("column.size"),
    sort: "size",
    render: (item) => (item.kind === "file" ? size(item.size) : ""),
  },
];

const summary = (item: Item): string =>
  item.kind === "file" ? `${size(item.size)} · ${day(item.modified_at)}` : day(item.modified_at);

const caption = (item: Item): string => (item.kind === "file" ? size(item.size) : day(item.modified_at));

export function FilesPage({ folder }: { folder: string }) {
  const [read, setRead] = useState<Folder | null>(null);
  const known = useMemo(() => knownFolder(folder), [folder]);
  const here = read ?? known;
  const [lost, setLost] = useState<unknown>(null);
  const { key, order } = sort.value;
  const wanted = useMemo(
    () => new PagedList<Item>((request) => api.children(folder, { key, order }, request), api.driveState(folder)),
    [folder, key, order],
  );
  const selection = useMemo(() => signal<Selection>({ ...nothing, active: leftLast() }), [folder]);
  useLive(wanted, leaving);
  const list = useSteady(wanted);
  const leaveHere = useRef(() => leave(folder));
  leaveHere.current = () => {
    const way = folder === ROOT ? [{ id: ROOT, name: "" }] : here?.ancestors && [...here.ancestors, here];
    leave(folder, way, list.items.peek());
  };
  // Before the next page is drawn.
  useLayoutEffect(() => () => leaveHere.current(), [folder]);
  const reading = useRef(false);
  const readHere = async (failed: (error: unknown) => void) => {
    if (folder === ROOT || reading.current) return;
    reading.current = true;
    try {
      setRead(await api.folder(folder));
    } catch (error) {
      // Where the service is away the list tells, and is read again when it is back.
      if (error instanceof ApiError && !isOutOfReach(error)) failed(error);
    } finally {
      reading.current = false;
    }
  };
  useEffect(() => {
    if (!read) void readHere(setLost);
  }, [folder, list.status.value === "ready"]);
  // The list is of the whole drive's state: it may be the folder that has another name now, or another place. What is shown
  // stays when it can't be read again.
  const changes = list.changes.value;
  useEffect(() => {
    if (changes > 0) void readHere(() => undefined);
  }, [changes]);
  const retry = () => {
    setLost(null);
    void readHere(setLost);
    void list.load();
  };
  const name = folder === ROOT || here?.parent_id === null ? t("files.root") : (here?.name ?? "");
  useTitle(name);

  const head = useRef<HTMLElement>(null);
  useKeptFocus(head, focusMainInPlace);
  const target = { id: folder, name };
  const chooser = useChooser(target);
  const [dropping, setDropping] = useState(false);
  const items = list.items.value;
  const selected = items.filter((item) => selection.value.selected.has(item.id));
  const shown = selected.length === 1 ? selected[0] : items.find((item) => item.id === selection.value.active);

  const menu = (chosen: readonly Item[]): MenuItem[] => itemMenu(chosen, folder);
  const onKey = (event: KeyboardEvent, chosen: readonly Item[]): boolean => {
    const control = (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey;
    const letter = letterOf(event);
    const [first] = chosen;
    if (event.key === "F2" && first && chosen.length === 1) commands.rename(first);
    else if (event.key === "Delete" && event.shiftKey && first) commands.removeForGood(chosen);
    else if (event.key === "Delete" && first) void commands.trash(chosen);
    else if (event.key === "Backspace") goUp();
    else if (control && letter === "x" && first) commands.hold("move", chosen);
    else if (control && letter === "c" && first) commands.hold("copy", chosen);
    else if (letter === "i" && event.altKey && !event.ctrlKey) details.value = !details.value;
    else return false;
    return true;
  };
  const goUp = () => {
    if (here?.parent_id) go({ page: "files", folder: folderAround(here) });
  };
  useEffect(() => {
    const onPaste = (event: ClipboardEvent) => {
      if (event.target instanceof HTMLInputElement || document.querySelector("dialog[open]")) return;
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) void upload(fromInput(files), target);
      else void commands.paste(target);
    };
    document.addEventListener("paste", onPaste);
    return () => document.removeEventListener("paste", onPaste);
  }, [folder, name]);

  const error = lost ?? (list.status.value === "failed" ? list.error.value : null);
  return (
    <div class={`page files-page ${details.value ? "with-details" : ""}`}>
      <div
        class="page-main"
        onDropCapture={() => setDropping(false)}
        onDragOver={(event) => {
          if (!isFileDrag(event)) return;
          // A folder of the list or of the way to it takes them itself, and shows that.
          setDropping(!event.defaultPrevented);
          accept(event);
        }}
        onDragLeave={(event) => hasLeft(event) && setDropping(false)}
        onDrop={(event) => {
          if (!isFileDrag(event) || !event.dataTransfer) return;
          event.preventDefault();
          void upload(fromTransfer(event.dataTransfer), target);
        }}
      >
        <header ref={head} class="page-head" tabIndex={-1}>
          <Crumbs folder={folder} here={here} />
          {lost === null && (
            <div class="toolbar">
              {selected.length > 0 ? (
                <SelectionBar
                  selection={selection}
                  count={selected.length}
                  actions={menu(selected).filter(({ label }) => !besides().has(label))}
                />
              ) : (
                <>
                  <MenuButton
                    class="button primary"
                    label={t("upload.button")}
                    items={() => [
                      { label: t("upload.files"), icon: "file", run: chooser.files },
                      { label: t("upload.folder"), icon: "folder", run: chooser.folder },
                    ]}
                  >
                    <Icon name="upload" size={18} />
                    <span>{t("upload.button")}</span>
                  </MenuButton>
                  <button type="button" class="button" onClick={() => commands.newFolder(folder)}>
                    <Icon name="folder-plus" size={18} />
                    <span class="wide-only">{t("folder.new")}</span>
                    <span class="narrow-only visually-hidden">{t("folder.new")}</span>
                  </button>
                  {commands.clipboard.value && (
                    <button type="button" class="button" onClick={() => void commands.paste(target)}>
                      {t("paste.button", { count: commands.clipboard.value.items.length })}
                    </button>
                  )}
                </>
              )}
              <span class="grow" />
              <SortMenu keys={sortKeys} sort={sort} />
              <ViewButtons />
            </div>
          )}
          {chooser.inputs}
        </header>
        {error !== null && error !== undefined ? (
          <Failure error={error} retry={retry} />
        ) : list.status.value === "loading" ? (
          <Loading />
        ) : items.length === 0 ? (
          <Empty icon="folder" title={t("files.empty")}>
            <p class="muted">{t("files.emptyHint")}</p>
            <button type="button" class="button" onClick={chooser.files}>
              <Icon name="upload" size={18} />
              {t("upload.files")}
            </button>
          </Empty>
        ) : (
          <ItemGrid
            label={name}
            list={list}
            selection={selection}
            view={view.value}
            columns={columns()}
            summary={summary}
            caption={caption}
            address={addressOf}
            onOpen={openItem}
            menu={menu}
            sort={{
              value: sort.value,
              onChange: (next) => {
                sort.value = next;
              },
            }}
            onKey={onKey}
            drag={{
              start: startDrag,
              accepts: (event, item) => item.kind === "folder" && fits(event, item.id),
              drop: (event, item) => void dropInto(event, item),
            }}
          />
        )}
        {dropping && (
          <div class="drop-hint" aria-hidden="true">
            <span>
              <Icon name="upload" />
              {t("upload.dropHere", { name })}
            </span>
          </div>
        )}
      </div>
      {details.value && (
        <Details
          item={shown ?? read}
          onClose={() => {
            details.value = false;
          }}
        />
      )}
    </div>
  );
}

/** What is beside the bar of a selection already, or done without one. */
const besides = (): ReadonlySet<string> => new Set([t("action.open"), t("action.details")]);

/** What can be done with entries. */
function itemMenu(chosen: readonly Item[], folder: string): MenuItem[] {
  const [first] = chosen;
  if (!first) return [];
  const entries: MenuItem[] = [];
  if (chosen.length === 1)
    entries.push({ label: t("action.open"), icon: "external", keys: "↵", run: () => openItem(first) });
  if (chosen.every((item) => item.kind === "file")) {
    entries.push({ label: t("action.download"), icon: "download", run: () => commands.download(chosen) });
  }
  if (chosen.length === 1)
    entries.push({ label: t("action.rename"), icon: "edit", keys: "F2", run: () => commands.rename(first) });
  entries.push(
    { label: t("action.moveTo"), icon: "move", run: () => commands.chooseTarget("move", chosen, folder) },
    { label: t("action.copyTo"), icon: "copy", run: () => commands.chooseTarget("copy", chosen, folder) },
  );
  if (chosen.length === 1)
    entries.push({
      label: t("action.details"),
      icon: "info",
      run: () => {
        details.value = true;
      },
    });
  entries.push({
    label: t("action.trash"),
    icon: "trash",
    keys: "Del",
    danger: true,
    run: () => void commands.trash(chosen),
  });
  return entries;
}
