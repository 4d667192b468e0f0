import { signal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import * as api from "../../api/items";
import type { TrashedItem } from "../../api/types";
import { changed, useLive } from "../../app/live";
import { account } from "../../app/session";
import { t } from "../../i18n";
import { day, daysUntil, size } from "../../i18n/format";
import { confirm } from "../../ui/dialog";
import { focusMainInPlace, useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import type { MenuItem } from "../../ui/menu";
import { PagedList } from "../../ui/paged";
import { Failure } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";
import { useTitle } from "../../ui/title";
import { toast } from "../../ui/toast";
import { removeForGood, restore } from "../files/commands";
import { ItemGrid } from "../files/grid";
import type { Column } from "../files/grid-types";
import { nothing, type Selection } from "../files/selection";
import { SelectionBar } from "../files/selection-bar";

const left = (item: TrashedItem): string => t("trash.daysLeft", { count: daysUntil(item.purge_at) });

const parentPath = (item: TrashedItem): string =>
  item.original_path.slice(0, item.original_path.lastIndexOf("/")) || "/";

/** What takes an entry out of the trash. */
const leaving = ["restore", "delete"] as const;

const columns = (): Column<TrashedItem>[] => [
  { key: "name", label: t("column.name"), render: (item) => item.name },
  { key: "place", label: t("column.origin"), render: (item) => parentPath(item) },
  { key: "modified", label: t("column.trashed"), render: (item) => day(item.trashed_at) },
  { key: "kind", label: t("column.left"), render: left },
  { key: "size", label: t("column.size"), render: (item) => size(item.size_bytes) },
];

/** What was deleted and can still be brought back. */
export function TrashPage() {
  useTitle(t("nav.trash"));
  const list = useMemo(() => new PagedList<TrashedItem>((request) => api.trash(request)), []);
  const selection = useMemo(() => signal<Selection>(nothing), []);
  useLive(list, leaving);
  const head = useRef<HTMLElement>(null);
  useKeptFocus(head, focusMainInPlace);
  const items = list.items.value;
  const selected = items.filter((item) => selection.value.selected.has(item.id));

  const bringBack = (chosen: readonly TrashedItem[]) => void restore(chosen.map((item) => item.id));
  const menu = (chosen: readonly TrashedItem[]): MenuItem[] => [
    { label: t("action.restore"), icon: "restore", run: () => bringBack(chosen) },
    { label: t("action.removeForGood"), icon: "trash", keys: "Del", danger: true, run: () => removeForGood(chosen) },
  ];
  const onKey = (event: KeyboardEvent, chosen: readonly TrashedItem[]): boolean => {
    if (event.key !== "Delete" || chosen.length === 0) return false;
    removeForGood(chosen);
    return true;
  };

  return (
    <div class="page">
      <header ref={head} class="page-head" tabIndex={-1}>
        <h1 tabIndex={-1}>{t("nav.trash")}</h1>
        <p class="muted">{summary()}</p>
        <div class="toolbar">
          {selected.length > 0 ? (
            <SelectionBar selection={selection} count={selected.length} actions={menu(selected)} named />
          ) : (
            items.length > 0 && (
              <button type="button" class="button" onClick={askToEmpty}>
                <Icon name="trash" size={18} />
                {t("trash.empty")}
              </button>
            )
          )}
        </div>
      </header>
      {list.status.value === "failed" ? (
        <Failure error={list.error.value} retry={() => void list.load()} />
      ) : list.status.value === "loading" ? (
        <Loading />
      ) : items.length === 0 ? (
        <Empty icon="trash" title={t("trash.nothing")}>
          <p class="muted">{t("trash.nothingHint")}</p>
        </Empty>
      ) : (
        <ItemGrid
          label={t("nav.trash")}
          list={list}
          selection={selection}
          view="list"
          columns={columns()}
          summary={(item) => `${left(item)} · ${parentPath(item)}`}
          address={() => null}
          onOpen={(item) => bringBack([item])}
          menu={menu}
          onKey={onKey}
        />
      )}
    </div>
  );
}

/** How much would be free without the trash. */
function summary(): string {
  const storage = account.value?.storage;
  return storage?.trash_bytes ? t("trash.bytes", { size: size(storage.trash_bytes) }) : t("trash.hint");
}

function askToEmpty(): void {
  confirm({
    title: t("trash.emptyTitle"),
    text: t("trash.emptyText"),
    confirm: t("trash.empty"),
    danger: true,
    run: async () => {
      await api.emptyTrash();
      changed();
      toast(t("trash.emptied"));
    },
  });
}
