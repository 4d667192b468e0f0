export interface Window {
  /** The first row to draw, and the one behind the last. */
  start: number;
  end: number;
}

/** Pixels beyond the visible ones that are drawn on each side at least, so that a fast scroll shows no gap. */
export const OVERSCAN = 400;

/**
 * The rows to draw of `count` rows of equal height, of which `height` pixels are visible from `top` on. It moves some rows at
 * a time: most frames of a scroll draw nothing anew.
 */
export function windowOf(count: number, rowHeight: number, top: number, height: number): Window {
  const from = Math.max(0, top);
  const step = Math.max(1, Math.floor(OVERSCAN / 2 / rowHeight));
  const first = Math.floor((from - OVERSCAN) / rowHeight / step) * step;
  const last = Math.ceil((from + height + OVERSCAN) / rowHeight / step) * step;
  const end = Math.min(count, last);
  return { start: Math.max(0, Math.min(first, end)), end };
}

/** Where to scroll to so that a row is wholly visible; `top` when it is already. */
export function reveal(row: number, rowHeight: number, top: number, height: number): number {
  const from = row * rowHeight;
  if (from < top) return from;
  if (from + rowHeight > top + height) return from + rowHeight - height;
  return top;
}
