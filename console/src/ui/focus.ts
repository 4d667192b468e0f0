import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** Puts the focus to what the page is about: the list, else its heading. */
export function focusMain(options: FocusOptions = {}): void {
  const main = document.querySelector("main");
  const entry = main?.querySelector<HTMLElement>('[role="grid"] [tabindex="0"]');
  // What lies over the list is what the page is about.
  const sheet = main?.querySelector<HTMLElement>("[inert] ~ *");
  const target = sheet ?? entry ?? main?.querySelector<HTMLElement>("h1") ?? main;
  // What has it already is not scrolled to again.
  if (target !== document.activeElement) target?.focus(options);
}

/** The same where that was not asked for: what is visible stays. */
export const focusMainInPlace = (): void => focusMain({ preventScroll: true });

/**
 * Whether the focus is within an element, or was until what had it was taken from the page. A press elsewhere ends that,
 * also where it focuses nothing.
 */
export function useFocusInside(ref: RefObject<HTMLElement | null>): { current: boolean } {
  const inside = useRef(false);
  useLayoutEffect(() => {
    const follow = (event: Event) => {
      inside.current = ref.current?.contains(event.target as Node) ?? false;
    };
    document.addEventListener("focusin", follow);
    document.addEventListener("pointerdown", follow);
    return () => {
      document.removeEventListener("focusin", follow);
      document.removeEventListener("pointerdown", follow);
    };
  }, []);
  return inside;
}

export const focusIsLost = (): boolean => document.activeElement === null || document.activeElement === document.body;

/**
 * Keeps the focus in a part of the page when what had it goes, or where `instead` puts it; and on the page when the part goes.
 */
export function useKeptFocus(
  ref: RefObject<HTMLElement | null>,
  instead: () => void = () => ref.current?.focus({ preventScroll: true }),
): void {
  const inside = useFocusInside(ref);
  useLayoutEffect(() => {
    if (inside.current && focusIsLost()) instead();
  });
  useFocusAfter(inside);
}

/** Keeps the focus on the page when a part of it goes that has the focus `inside`. */
export function useFocusAfter(inside: { current: boolean }): void {
  useLayoutEffect(
    () => () => {
      if (inside.current) queueMicrotask(() => focusIsLost() && focusMainInPlace());
    },
    [],
  );
}
