export interface GridLayout {
  count: number;
  perRow: number;
  /** Entries on a visible page. */
  page: number;
  rightToLeft: boolean;
}

/**
 * Where a key leads from the entry at `index` (-1: from none); null for keys that lead nowhere. Beyond an end only what is
 * less than a row away stays.
 */
export function destination(key: string, index: number, layout: GridLayout): number | null {
  const { count, perRow, page } = layout;
  const onward = layout.rightToLeft ? -1 : 1;
  const steps: Record<string, number> = { ArrowDown: perRow, ArrowUp: -perRow, PageDown: page, PageUp: -page };
  if (perRow > 1) Object.assign(steps, { ArrowRight: onward, ArrowLeft: -onward });
  const step = steps[key];
  if (step === undefined) return null;
  if (index < 0) return 0;
  const next = index + step;
  if (next < 0) return step < -perRow ? 0 : index;
  if (next < count) return next;
  const isLastRow = Math.floor(index / perRow) === Math.floor((count - 1) / perRow);
  return isLastRow ? index : count - 1;
}

/** Whether a key is part of a name that is typed. Two have their own meaning on every page. */
export const isTyped = (event: KeyboardEvent): boolean =>
  event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== "/" && event.key !== "?";

/** The Latin letter of a key, also where the layout has another sign there: on a Russian one Ctrl and the key of C are `с`. */
export const letterOf = ({ key, code }: KeyboardEvent): string =>
  (/^[a-z]$/i.test(key) ? key : code.replace("Key", "")).toLowerCase();
