/** What is selected in a list, and where the keyboard is. */
export interface Selection {
  selected: ReadonlySet<string>;
  /** Where a range begins. */
  anchor: string | null;
  /** The entry that has the focus when the list has it. */
  active: string | null;
}

export const nothing: Selection = { selected: new Set(), anchor: null, active: null };

/** One entry alone. */
export const only = (id: string): Selection => ({ selected: new Set([id]), anchor: id, active: id });

/** The keyboard moves on and selects nothing. */
export const focus = (state: Selection, id: string): Selection => ({ ...state, anchor: id, active: id });

export function toggle(state: Selection, id: string): Selection {
  const selected = new Set(state.selected);
  if (!selected.delete(id)) selected.add(id);
  return { selected, anchor: id, active: id };
}

/** All from the anchor to `id`, in the order of `ids`, instead of what was selected. */
export function extend(state: Selection, ids: readonly string[], id: string): Selection {
  const from = ids.indexOf(state.anchor ?? state.active ?? id);
  const to = ids.indexOf(id);
  if (to < 0) return state;
  const start = from < 0 ? to : from;
  const range = ids.slice(Math.min(start, to), Math.max(start, to) + 1);
  return { selected: new Set(range), anchor: ids[start] ?? id, active: id };
}

export const all = (state: Selection, ids: readonly string[]): Selection => ({
  selected: new Set(ids),
  anchor: ids[0] ?? null,
  active: state.active ?? ids[0] ?? null,
});

export const clear = (state: Selection): Selection => ({ ...state, selected: new Set(), anchor: state.active });

/**
 * The selection after the list has changed from `before` to `after`: entries that are gone are in it no more, and the
 * keyboard goes to the next one that is still there, else to the last. An entry that is not in the list yet is waited for.
 * Where that changes nothing it is the same object.
 */
export function prune(state: Selection, before: readonly string[], after: readonly string[]): Selection {
  const there = new Set(after);
  const selected = new Set([...state.selected].filter((id) => there.has(id)));
  const anchor = state.anchor !== null && there.has(state.anchor) ? state.anchor : null;
  const position = state.active === null ? -1 : before.indexOf(state.active);
  const isGone = position >= 0 && !there.has(before[position] ?? "");
  const neighbour = () => before.slice(position).find((id) => there.has(id)) ?? after.at(-1) ?? null;
  const active = isGone ? neighbour() : state.active;
  const isSame = selected.size === state.selected.size && anchor === state.anchor && active === state.active;
  return isSame ? state : { selected, anchor, active };
}

/** The entry whose name begins with what was typed: the next one after `from`, around the end of the list. */
export function typeAhead(names: readonly string[], from: number, typed: string): number {
  const fold = (text: string) => text.normalize("NFC").toLowerCase();
  const prefix = fold(typed);
  // One letter again and again goes on to the next; more letters may match where the keyboard is.
  const start = typed.length === 1 ? from + 1 : from;
  for (let step = 0; step < names.length; step += 1) {
    const index = (Math.max(0, start) + step) % names.length;
    if (fold(names[index] ?? "").startsWith(prefix)) return index;
  }
  // The same letter in quick succession, which no name begins with, is that letter again and again.
  const [letter = ""] = typed;
  return typed.length > 1 && typed === letter.repeat(typed.length) ? typeAhead(names, from, letter) : -1;
}
