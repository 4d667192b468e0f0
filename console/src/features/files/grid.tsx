import type { TargetedKeyboardEvent, VNode } from "preact";
import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { ListedItem } from "../../api/types";
import { t } from "../../i18n";
import { announce } from "../../ui/announcer";
import { focusIsLost, useFocusAfter, useFocusInside } from "../../ui/focus";
import { isLeap, Leaps } from "../../ui/leaps";
import { openMenu } from "../../ui/menu";
import { Failure } from "../../ui/problem";
import { reveal, type Window, windowOf } from "../../ui/window";
import { type CellProps, Head, Line, Tile } from "./grid-cells";
import { destination, isTyped, letterOf } from "./grid-keys";
import type { GridProps } from "./grid-types";
import { all, clear, extend, focus, only, prune, toggle, typeAhead } from "./selection";

/** Below what leaves room for the name and each further column, entries are in two lines. */
const ROOM = { name: 380, column: 110 };
const LINE = 44;
const TWO_LINES = 60;
const TILE = { width: 168, height: 196 };
const TYPING = 700;

/** How high the part of a list is that the list of uploads does not cover. */
const uncovered = (element: HTMLElement): number =>
  element.clientHeight - Number.parseFloat(getComputedStyle(element).paddingBlockEnd);

/** A line of the list as it is in the page. */
interface Drawn {
  line: VNode | undefined;
  isSketch: boolean;
}

/**
 * A list of items as a grid (WAI-ARIA): of any number of rows only those near the visible ones are in the page, and the
 * one that the keyboard is on. Below it is told why a later page could not be read.
 */
export function ItemGrid<T extends ListedItem>(props: GridProps<T>) {
  const { list, selection, view } = props;
  const items = list.items.value;
  const ids = list.ids.value;
  const { selected, active } = selection.value;
  const scroller = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  const [window_, setWindow] = useState<Window>({ start: 0, end: 0 });
  const [isDragged, setDragged] = useState(false);
  const leaps = useMemo(() => new Leaps(setDragged), []);
  const [target, setTarget] = useState<string | null>(null);
  const inside = useFocusInside(scroller);
  useFocusAfter(inside);
  const wanted = useRef(false);
  const typed = useRef({ text: "", at: 0 });

  const narrow = size.width < ROOM.name + ROOM.column * (props.columns.length - 1);
  const perRow = view === "grid" ? Math.max(1, Math.floor((size.width - 16) / (narrow ? 140 : TILE.width))) : 1;
  const rowHeight = view === "grid" ? TILE.height : narrow ? TWO_LINES : LINE;
  const rows = Math.ceil(items.length / perRow);
  const head = view === "list" && !narrow ? 1 : 0;

  const measure = (isScroll = false) => {
    const element = scroller.current;
    if (!element) return;
    const next = windowOf(rows, rowHeight, element.scrollTop, element.clientHeight);
    if (isScroll && isLeap(window_, next)) leaps.add();
    setWindow((current) => (current.start === next.start && current.end === next.end ? current : next));
    if (next.end >= rows - 2 && list.error.value === null) void list.more();
  };
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const read = () => setSize({ width: element.clientWidth, height: uncovered(element) });
    const observer = new ResizeObserver(read);
    observer.observe(element);
    read();
    return () => {
      observer.disconnect();
      leaps.stop();
    };
  }, []);
  useLayoutEffect(() => measure(), [rows, rowHeight, size]);
  // What the keyboard is on stays visible where a message or other entries take its room.
  const last = useRef({ ids, height: 0 });
  useLayoutEffect(() => {
    const element = scroller.current;
    const [from, to] = [last.current.ids, ids].map((ids) => ids.indexOf(active ?? "")) as [number, number];
    if (element && inside.current && from >= 0 && to >= 0) {
      const wasVisible = revealed(element, from, last.current.height) === element.scrollTop;
      if (wasVisible) element.scrollTop = revealed(element, to);
    }
    last.current = { ids, height: size.height };
  }, [ids, size]);

  // The last entries have gone, and the list with them: those that come in their place are not selected.
  useLayoutEffect(
    () => () => {
      selection.value = clear(selection.peek());
    },
    [selection],
  );
  // Entries that are gone leave the selection, and the keyboard goes to a neighbour.
  const before = useRef(ids);
  useLayoutEffect(() => {
    if (before.current !== ids) selection.value = prune(selection.peek(), before.current, ids);
    before.current = ids;
    if (inside.current && focusIsLost()) wanted.current = true;
  }, [ids]);
  useLayoutEffect(() => {
    // Where the keyboard goes elsewhere it is drawn first.
    if (!wanted.current || selection.peek().active !== active) return;
    const row = scroller.current?.querySelector<HTMLElement>('[data-id][tabindex="0"]');
    if (!row) return;
    wanted.current = false;
    row.focus({ preventScroll: true });
  });

  /** Where to scroll to, so that an entry is visible in a list of this height. */
  const revealed = (element: HTMLElement, index: number, height = uncovered(element)): number => {
    // The sticky head covers the top of the rows.
    const left = Math.max(rowHeight, height - head * LINE);
    return reveal(Math.floor(index / perRow), rowHeight, element.scrollTop, left);
  };

  const moveTo = (index: number, how: "only" | "extend" | "focus") => {
    // Read now, not when the list was drawn: what was waited for may have made it longer.
    const ids = list.ids.value;
    const bounded = Math.max(0, Math.min(index, ids.length - 1));
    const id = ids[bounded];
    if (id === undefined) return;
    selection.value =
      how === "only" ? only(id) : how === "extend" ? extend(selection.value, ids, id) : focus(selection.value, id);
    wanted.current = true;
    const element = scroller.current;
    if (!element) return;
    element.scrollTop = revealed(element, bounded);
    // Where the page around the list scrolls too.
    element.scrollIntoView({ block: "nearest" });
    measure();
  };

  /** Does something once the whole list is here, unless the keyboard or the selection has moved on by then. */
  const whenComplete = (run: () => void) => {
    const before = selection.value;
    void list.all().then(() => selection.value === before && run());
  };

  const chosen = (): readonly T[] => {
    const state = selection.value;
    if (state.selected.size > 0) return items.filter((item) => state.selected.has(item.id));
    return items.filter((item) => item.id === state.active);
  };

  const onKeyDown = (event: TargetedKeyboardEvent<HTMLDivElement>) => {
    if (!(event.target as HTMLElement).matches("[data-id]")) return;
    // A key that is held goes on leading somewhere, and does nothing again: the first time may still be under way.
    if (!event.repeat && props.onKey?.(event, chosen())) return event.preventDefault();
    const index = active === null ? -1 : ids.indexOf(active);
    const control = event.ctrlKey || event.metaKey;
    const how = event.shiftKey ? "extend" : control ? "focus" : "only";
    const target = destination(event.key, index, {
      count: ids.length,
      perRow,
      page: Math.max(1, Math.floor(size.height / rowHeight) - 1) * perRow,
      rightToLeft: getComputedStyle(event.currentTarget).direction === "rtl",
    });
    if (target !== null) {
      if (target >= ids.length - perRow) void list.more();
      moveTo(target, how);
    } else if (event.key === "Home") {
      moveTo(0, how);
    } else if (event.key === "End") {
      whenComplete(() => moveTo(list.items.value.length - 1, how));
    } else if (event.key === "Enter") {
      const item = items[index];
      if (item && !event.repeat) props.onOpen(item);
    } else if (event.key === " ") {
      if (active !== null) selection.value = toggle(selection.value, active);
    } else if (control && !event.altKey && letterOf(event) === "a") {
      whenComplete(() => {
        selection.value = all(selection.value, list.ids.value);
        announce(t("selection.count", { count: list.ids.value.length }));
      });
    } else if (event.key === "Escape" && selected.size > 0) {
      selection.value = clear(selection.value);
    } else if (event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) {
      const row = event.target as HTMLElement;
      openMenu(row.querySelector(".cell-name") ?? row, t("menu.items"), props.menu(chosen()));
    } else if (isTyped(event)) {
      const now = event.timeStamp;
      const text = now - typed.current.at < TYPING ? typed.current.text + event.key : event.key;
      typed.current = { text, at: now };
      const names = items.map((item) => item.name);
      const found = typeAhead(names, index, text);
      if (found >= 0) moveTo(found, "only");
    } else {
      return;
    }
    event.preventDefault();
  };

  const indexes = useMemo(() => {
    const drawn = Array.from({ length: window_.end - window_.start }, (_, offset) => window_.start + offset);
    const kept = Math.floor((active === null ? 0 : ids.indexOf(active)) / perRow);
    if (kept >= 0 && kept < rows && (kept < window_.start || kept >= window_.end)) drawn.push(kept);
    return drawn;
  }, [window_, active, ids, perRow, rows]);

  const entry = active !== null && ids.includes(active) ? active : (ids[0] ?? null);
  const cell = (item: T): CellProps<T> => ({
    item,
    props,
    narrow,
    isEntry: item.id === entry,
    isSelected: selected.has(item.id),
    isTarget: target === item.id,
    isSketch: isDragged,
    setTarget,
    chosen: () => (selection.value.selected.has(item.id) ? chosen() : [item]),
    ids,
  });
  const line = (row: number): VNode | undefined => {
    const style = { transform: `translateY(${row * rowHeight}px)`, blockSize: `${rowHeight}px` };
    const item = items[row];
    if (view === "list") return item && <Line key={item.id} {...cell(item)} index={row + 1 + head} style={style} />;
    return (
      <div key={row} class="tiles" role="row" aria-rowindex={row + 1} style={{ ...style, "--per-row": String(perRow) }}>
        {items.slice(row * perRow, (row + 1) * perRow).map((item) => (
          <Tile key={item.id} {...cell(item)} />
        ))}
      </div>
    );
  };
  // While only the window moves, the rows that stay are those of before, which Preact compares no more. Those that a drag of
  // the scroll bar brings are sketches: they are gone with the next frame, or drawn in full when it rests.
  const state = useMemo(() => ({}), [props, items, selection.value, target, narrow, perRow]);
  const drawn = useRef({ state, lines: new Map<number, Drawn>() });
  const former = drawn.current.state === state ? drawn.current.lines : null;
  const draw = (row: number): Drawn => {
    const known = former?.get(row);
    return known && (isDragged || !known.isSketch) ? known : { line: line(row), isSketch: isDragged };
  };
  const lines = new Map(indexes.map((row) => [row, draw(row)]));
  drawn.current = { state, lines };

  return (
    <>
      <div
        ref={scroller}
        class={`items ${view} ${narrow ? "narrow" : ""}`}
        role="grid"
        aria-label={props.label}
        aria-multiselectable="true"
        aria-rowcount={list.complete.value ? rows + head : -1}
        style={{ "--cells": String(props.columns.length - 1) }}
        onScroll={() => measure(true)}
        onKeyDown={onKeyDown}
        onClick={(event) => {
          const beside = event.target === event.currentTarget && event.offsetX < event.currentTarget.clientWidth;
          if (beside || (event.target as HTMLElement).matches(".items-rows")) {
            selection.value = clear(selection.value);
          }
        }}
      >
        {head === 1 && <Head columns={props.columns} sort={props.sort} />}
        <div class="items-rows" role="rowgroup" style={{ blockSize: `${rows * rowHeight}px` }}>
          {[...lines.values()].map(({ line }) => line)}
        </div>
      </div>
      {list.error.value !== null && <Failure error={list.error.value} retry={() => void list.more()} />}
    </>
  );
}
