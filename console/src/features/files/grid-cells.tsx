import type { CSSProperties, TargetedMouseEvent } from "preact";
import type { ListedItem } from "../../api/types";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { MenuButton, openMenuAt } from "../../ui/menu";
import { accept, hasLeft } from "./drag";
import type { Column, GridProps } from "./grid-types";
import { extend, only, toggle } from "./selection";
import { Thumb } from "./thumb";

export function Head<T>({ columns, sort }: { columns: readonly Column<T>[]; sort: GridProps<ListedItem>["sort"] }) {
  return (
    <div role="rowgroup" class="items-head">
      <div role="row" aria-rowindex={1} class="line head">
        <span role="columnheader" class="cell-check">
          <span class="visually-hidden">{t("column.select")}</span>
        </span>
        {columns.map((column) => {
          const { sort: key } = column;
          const current = sort && key && sort.value.key === key ? sort.value.order : null;
          const order = current === "asc" ? "desc" : "asc";
          return (
            <span
              key={column.key}
              role="columnheader"
              class={`cell-${column.key}`}
              {...(key && sort ? { "aria-sort": current ? (`${current}ending` as const) : ("none" as const) } : {})}
            >
              {key && sort ? (
                <button type="button" class="sort" onClick={() => sort.onChange({ key, order })}>
                  {column.label}
                  {current && <Icon name={current === "asc" ? "arrow-up" : "arrow-down"} size={14} />}
                </button>
              ) : (
                column.label
              )}
            </span>
          );
        })}
        <span role="columnheader" class="cell-more">
          <span class="visually-hidden">{t("column.actions")}</span>
        </span>
      </div>
    </div>
  );
}

export interface CellProps<T extends ListedItem> {
  item: T;
  props: GridProps<T>;
  narrow: boolean;
  isEntry: boolean;
  isSelected: boolean;
  isTarget: boolean;
  /** Its name alone, for it is seen for a moment. */
  isSketch: boolean;
  setTarget: (id: string | null) => void;
  /** What a command at this item is for: the selection when it is part of it, else it alone. */
  chosen: () => readonly T[];
  ids: readonly string[];
}

/** What pointers do at an item, and what tells it to assistive technology. */
function behaviour<T extends ListedItem>(
  { item, props, isEntry, isSelected, setTarget, chosen, ids }: CellProps<T>,
  label: string,
) {
  const { selection, drag } = props;
  return {
    "data-id": item.id,
    tabIndex: isEntry ? 0 : -1,
    "aria-selected": isSelected,
    "aria-label": item.kind === "folder" ? t("item.folder", { name: label }) : label,
    onClick: (event: TargetedMouseEvent<HTMLElement>) => {
      const isTouch = matchMedia("(pointer: coarse)").matches;
      // By touch, once something is selected, a press selects more, also one on a name, which leads away otherwise.
      const selectsMore = isTouch && selection.value.selected.size > 0;
      const within = (event.target as HTMLElement).closest("a, button, input");
      if (within && !(selectsMore && within.matches("a"))) return;
      if (within) event.preventDefault();
      if (event.shiftKey) selection.value = extend(selection.value, ids, item.id);
      else if (event.ctrlKey || event.metaKey || selectsMore) selection.value = toggle(selection.value, item.id);
      else if (isTouch) props.onOpen(item);
      else selection.value = only(item.id);
      event.currentTarget.focus({ preventScroll: true });
    },
    onDblClick: (event: Event) => {
      if (!(event.target as HTMLElement).closest("a, button, input")) props.onOpen(item);
    },
    onContextMenu: (event: MouseEvent) => {
      event.preventDefault();
      if (!selection.value.selected.has(item.id)) selection.value = only(item.id);
      openMenuAt(event.clientX, event.clientY, t("menu.items"), props.menu(chosen()));
    },
    onFocus: () => {
      if (selection.value.active !== item.id) selection.value = { ...selection.value, active: item.id };
    },
    ...(drag && {
      draggable: true,
      onDragStart: (event: DragEvent) => {
        if (!selection.value.selected.has(item.id)) selection.value = only(item.id);
        drag.start(event, chosen());
      },
      onDragOver: (event: DragEvent) => {
        if (!drag.accepts(event, item)) return;
        accept(event);
        setTarget(item.id);
      },
      onDragLeave: (event: DragEvent) => hasLeft(event) && setTarget(null),
      onDrop: (event: DragEvent) => {
        setTarget(null);
        if (!drag.accepts(event, item)) return;
        event.preventDefault();
        event.stopPropagation();
        drag.drop(event, item);
      },
    }),
  };
}

function Check<T extends ListedItem>({ item, props, isSelected }: CellProps<T>) {
  return (
    <input
      type="checkbox"
      class="check"
      tabIndex={-1}
      checked={isSelected}
      aria-label={t("item.select", { name: item.name })}
      onChange={(event) => {
        props.selection.value = toggle(props.selection.value, item.id);
        event.currentTarget.closest<HTMLElement>("[data-id]")?.focus({ preventScroll: true });
      }}
    />
  );
}

function Name<T extends ListedItem>({ item, props }: { item: T; props: GridProps<T> }) {
  const address = props.address(item);
  if (address === null) return <span class="name">{item.name}</span>;
  return (
    <a class="name" href={address} tabIndex={-1} draggable={false} title={item.name}>
      {item.name}
    </a>
  );
}

export function Line<T extends ListedItem>(cell: CellProps<T> & { index: number; style: CSSProperties }) {
  const { item, isSelected, isTarget, isSketch } = cell;
  return (
    <div
      role="row"
      aria-rowindex={cell.index}
      class={`line ${isSelected ? "selected" : ""} ${isTarget ? "target" : ""}`}
      style={cell.style}
      {...behaviour(cell, item.name)}
    >
      {isSketch ? (
        <span role="gridcell" class="name sketch">
          {item.name}
        </span>
      ) : (
        cellsOf(cell)
      )}
    </div>
  );
}

/** No component of its own: there is one less for each row. */
function cellsOf<T extends ListedItem>(cell: CellProps<T>) {
  const { item, props, narrow, chosen } = cell;
  return (
    <>
      <span role="gridcell" class="cell-check">
        <Check {...cell} />
      </span>
      <span role="gridcell" class="cell-name">
        <Thumb item={item} />
        <span class="name-box">
          <Name item={item} props={props} />
          {narrow && <span class="summary">{props.summary(item)}</span>}
        </span>
      </span>
      {!narrow &&
        props.columns.slice(1).map((column) => (
          <span key={column.key} role="gridcell" class={`cell-${column.key}`}>
            {column.render(item)}
          </span>
        ))}
      <span role="gridcell" class="cell-more">
        <MenuButton label={t("item.more", { name: item.name })} items={() => props.menu(chosen())} tabIndex={-1}>
          <Icon name="more" />
        </MenuButton>
      </span>
    </>
  );
}

export function Tile<T extends ListedItem>(cell: CellProps<T>) {
  const { item, props, isSelected, isTarget, isSketch, chosen } = cell;
  const caption = (props.caption ?? props.summary)(item);
  return (
    <div
      role="gridcell"
      class={`tile ${isSelected ? "selected" : ""} ${isTarget ? "target" : ""}`}
      {...behaviour(cell, `${item.name} ${caption}`)}
    >
      {isSketch ? (
        <span class="name sketch">{item.name}</span>
      ) : (
        <>
          <Check {...cell} />
          <Thumb item={item} large />
          <span class="tile-foot cell-name">
            <span class="name-box">
              <Name item={item} props={props} /> <span class="summary">{caption}</span>
            </span>
            <MenuButton label={t("item.more", { name: item.name })} items={() => props.menu(chosen())} tabIndex={-1}>
              <Icon name="more" />
            </MenuButton>
          </span>
        </>
      )}
    </div>
  );
}
