import { useEffect } from "preact/hooks";
import { later } from "../features/load";
import { stored } from "../ui/stored";
import { toastError } from "../ui/toast";

/** Whether single keys work on every page. Who speaks to the machine, or hits keys by accident, turns them off (WCAG 2.1.4). */
export const shortcuts = stored("shortcuts", true, (value): value is boolean => typeof value === "boolean");

/** Shows the keys that there are. */
export function showHelp(): void {
  later().then(({ openHelp }) => openHelp(), toastError);
}

/** Keys that work on every page, unless something is typed. */
export function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (!shortcuts.peek() || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (target.matches("input, textarea, select") || document.querySelector("dialog[open]")) return;
      if (event.key === "/") {
        event.preventDefault();
        document.getElementById("search")?.focus();
      } else if (event.key === "?") {
        event.preventDefault();
        showHelp();
      }
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, []);
}
