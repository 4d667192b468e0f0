import { signal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Sort } from "../../api/items";
import * as api from "../../api/items";
import type { TrashedItem } from "../../api/types";
import { useLive, useSteady } from "../../app/live";
import { go, href } from "../../app/router";
import { ROOT, type Route } from "../../app/routes";
import { account } from "../../app/session";
import { t } from "../../i18n";
import { day, daysUntil, size } from "../../i18n/format";
import { focusMainInPlace, useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import type { MenuItem } from "../../ui/menu";
import { PagedList } from "../../ui/paged";
import { Failure } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";
import { useTitle } from "../../ui/title";
import { removeForGood, restore } from "../files/commands";
import { ItemGrid } from "../files/grid";
import type { Column } from "../files/grid-types";
import { leave, leftLast } from "../files/open";
import { nothing, type Selection } from "../files/selection";
import { SelectionBar } from "../files/selection-bar";
import { trashSort, trashSortKeys } from "../files/settings";
import { SortMenu } from "../files/view-menu";
import { askToEmpty } from "./empty";

const left = (item: TrashedItem): string => t("trash.daysLeft", { count: daysUntil(item.purge_at) });

const parentPath = (item: TrashedItem): string =>
  item.original_path.slice(0, item.original_path.lastIndexOf("/")) || "/";

/** What takes an entry out of the trash. */
const leaving = ["restore", "delete"] as const;

const columns = (): Column<TrashedItem>[] => [
  { key: "name", label: t("column.name"), sort: "name", render: (item) => item.name },
  { key: "place", label: t("column.origin"), render: (item) => parentPath(item) },
  { key: "modified", label: t("column.trashed"), sort: "trashed_at", render: (item) => day(item.trashed_at) },
  { key: "kind", label: t("column.left"), render: left },
  { key: "size", label: t("column.size"), sort: "size", render: (item) => size(item.size_bytes) },
];

const routeOf = (folder: string | null): Route => ({ page: "trash", folder });

/** What was deleted and can still be brought back; of a folder, what lies in it. */
export function TrashPage({ folder }: { folder: string | null }) {
  const here = useTrashed(folder);
  const name = here?.name ?? t("nav.trash");
  useTitle(name);
  const { key, order } = trashSort.value;
  const wanted = useMemo(
    () =>
      new PagedList<TrashedItem>(
        (request) => (folder === null ? api.trash({ key, order }, request) : api.trashedChildren(folder, request)),
        api.driveState(ROOT),
      ),
    [folder, key, order],
  );
  const selection = useMemo(() => signal<Selection>({ ...nothing, active: leftLast() }), []);
  // Before the next page is drawn.
  useLayoutEffect(
    () => () => {
      if (folder !== null) leave(folder);
    },
    [folder],
  );
  useLive(wanted, leaving);
  const list = useSteady(wanted);
  const head = useRef<HTMLElement>(null);
  useKeptFocus(head, focusMainInPlace);
  const items = list.items.value;
  const selected = items.filter((item) => selection.value.selected.has(item.id));

  const bringBack = (chosen: readonly TrashedItem[]) => void restore(chosen.map((item) => item.id));
  const look = (item: TrashedItem) => go(routeOf(item.id));
  const menu = (chosen: readonly TrashedItem[]): MenuItem[] => {
    const [first] = chosen;
    const single = chosen.length === 1 && first?.kind === "folder" ? first : null;
    return [
      { label: t("action.restore"), icon: "restore", run: () => bringBack(chosen) },
      ...(single ? [{ label: t("action.open"), icon: "external", keys: "↵", run: () => look(single) } as const] : []),
      { label: t("action.removeForGood"), icon: "trash", keys: "Del", danger: true, run: () => removeForGood(chosen) },
    ];
  };
  const onKey = (event: KeyboardEvent, chosen: readonly TrashedItem[]): boolean => {
    if (event.key === "Delete" && chosen.length > 0) removeForGood(chosen);
    else if (event.key === "Backspace" && folder !== null) go(routeOf(here ? above(here) : null));
    else return false;
    return true;
  };

  return (
    <div class="page">
      <header ref={head} class="page-head" tabIndex={-1}>
        {folder === null ? <h1 tabIndex={-1}>{name}</h1> : <Way here={here} name={name} />}
        <p class="muted">{folder === null ? summary() : here?.original_path}</p>
        <div class="toolbar">
          {selected.length > 0 ? (
            <SelectionBar
              selection={selection}
              count={selected.length}
              actions={menu(selected).filter(({ label }) => label !== t("action.open"))}
              named
            />
          ) : (
            folder === null &&
            items.length > 0 && (
              <button type="button" class="button" onClick={() => askToEmpty()}>
                <Icon name="trash" size={18} />
                {t("trash.empty")}
              </button>
            )
          )}
          <span class="grow" />
          {folder === null && <SortMenu keys={trashSortKeys} sort={trashSort} />}
        </div>
      </header>
      {list.status.value === "failed" ? (
        <Failure error={list.error.value} retry={() => void list.load()} />
      ) : list.status.value === "loading" ? (
        <Loading />
      ) : items.length === 0 ? (
        folder === null ? (
          <Empty icon="trash" title={t("trash.nothing")}>
            <p class="muted">{t("trash.nothingHint")}</p>
          </Empty>
        ) : (
          <Empty icon="folder" title={t("files.empty")} />
        )
      ) : (
        <ItemGrid
          label={name}
          list={list}
          selection={selection}
          view="list"
          columns={columns()}
          summary={(item) => `${left(item)} · ${parentPath(item)}`}
          address={(item) => (item.kind === "folder" ? href(routeOf(item.id)) : null)}
          onOpen={(item) => (item.kind === "folder" ? look(item) : bringBack([item]))}
          menu={menu}
          onKey={onKey}
          {...(folder === null && {
            sort: {
              value: trashSort.value,
              onChange: (next: Sort) => {
                trashSort.value = next;
              },
            },
          })}
        />
      )}
    </div>
  );
}

/** A folder of the trash by its id, once it is known. */
function useTrashed(folder: string | null): TrashedItem | null {
  const [here, setHere] = useState<TrashedItem | null>(null);
  useEffect(() => {
    let open = true;
    // Where it is not there the list tells.
    if (folder !== null) {
      api.trashed(folder).then(
        (item) => open && setHere(item),
        () => undefined,
      );
    }
    return () => {
      open = false;
    };
  }, [folder]);
  return here;
}

/** The folder of the trash that another one lies in; null for what was put there itself. */
const above = (item: TrashedItem): string | null => (item.id === item.trash_id ? null : (item.parent_id ?? null));

/** The way from the trash to a folder in it, by the folder above. */
function Way({ here, name }: { here: TrashedItem | null; name: string }) {
  const parent = here && above(here);
  return (
    <nav class="crumbs" aria-label={t("files.path")}>
      <ol>
        <li key="trash">
          <a class="crumb" href={href(routeOf(null))}>
            {t("nav.trash")}
          </a>
        </li>
        {here && parent && (
          <li key="above">
            <a class="crumb" href={href(routeOf(parent))}>
              {parentPath(here).split("/").at(-1)}
            </a>
          </li>
        )}
        <li key="here">
          <h1 tabIndex={-1} aria-current="location">
            {name}
          </h1>
        </li>
      </ol>
    </nav>
  );
}

/** How much would be free without the trash. */
function summary(): string {
  const storage = account.value?.storage;
  return storage?.trash_bytes ? t("trash.bytes", { size: size(storage.trash_bytes) }) : t("trash.hint");
}
