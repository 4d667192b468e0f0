import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { focusIsLost } from "../../ui/focus";

/** From this width down the details lie over what stands beside them on wider screens: as `items.css` has it. */
const NARROW = "(max-width: 56rem)";

/** Puts what stands before a part of the page, and so lies beneath it, out of reach, or within it again. */
export function setBeneath(part: Element, isInert: boolean): void {
  for (let other = part.previousElementSibling; other; other = other.previousElementSibling) {
    other.toggleAttribute("inert", isInert);
  }
}

/**
 * While a part covers what stands before it the focus is in the part, and goes back to where it was when that is closed. Tells
 * whether it does.
 */
export function useCover(ref: RefObject<HTMLElement | null>): boolean {
  const [covers, setCovers] = useState(() => matchMedia(NARROW).matches);
  useLayoutEffect(() => {
    const part = ref.current;
    if (!part) return;
    const narrow = matchMedia(NARROW);
    let opener = document.activeElement;
    const update = () => {
      setBeneath(part, narrow.matches);
      setCovers(narrow.matches);
      const focused = document.activeElement;
      if (!narrow.matches || !(focusIsLost() || focused?.closest("[inert]"))) return;
      opener = focused;
      part.focus();
    };
    update();
    if (narrow.matches) part.focus();
    narrow.addEventListener("change", update);
    return () => {
      narrow.removeEventListener("change", update);
      setBeneath(part, false);
      if (!narrow.matches || !part.contains(document.activeElement)) return;
      queueMicrotask(() => {
        if (focusIsLost() && opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
      });
    };
  }, []);
  return covers;
}
