import { signal } from "@preact/signals";

/** At most one message in this time is told, so that a reader of the screen gets through to the end of it. */
const INTERVAL = 5000;

const polite = signal("");
let last = Number.NEGATIVE_INFINITY;
let waiting: string | null = null;

/** Tells something to those who hear the page. Of several messages at once the latest is told. */
export function announce(text: string): void {
  const wait = last + INTERVAL - performance.now();
  if (wait <= 0) {
    tell(text);
    return;
  }
  if (waiting === null) {
    setTimeout(() => {
      const next = waiting;
      waiting = null;
      if (next !== null) tell(next);
    }, wait);
  }
  waiting = text;
}

/** Takes back what was told, and what waits to be. */
export function hush(): void {
  waiting = null;
  polite.value = "";
}

function tell(text: string): void {
  last = performance.now();
  // The same text again is a change only with a difference that is not heard.
  polite.value = polite.value === text ? `${text}\u00a0` : text;
}

export function Announcer() {
  return (
    <div class="visually-hidden" role="status" aria-live="polite">
      {polite.value}
    </div>
  );
}
