import { computed, signal } from "@preact/signals";
import { basePath } from "./base";
import { format, parse, type Route } from "./routes";

const location_ = signal(read());

/** The page that the address names. */
export const route = computed<Route>(() => parse(location_.value.path, new URLSearchParams(location_.value.query)));

/** Raised by each change of the page that the user asked for. */
export const visits = signal(0);

function read(): { path: string; query: string } {
  return { path: location.pathname.slice(basePath.length - 1), query: location.search };
}

/** The address of a page, for links. */
export const href = (target: Route): string => basePath + format(target);

/** Goes to a page; `replace` leaves no entry in the history. */
export function go(target: Route | string, { replace = false } = {}): void {
  const address = typeof target === "string" ? basePath + target : href(target);
  // As browsers do it: the page that is shown is no step that Back would have to take.
  if (replace || address === location.pathname + location.search) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  location_.value = read();
  visits.value += 1;
}

/** Follows the browser's buttons, and links of the console without loading the page anew. */
export function startRouter(): void {
  addEventListener("popstate", () => {
    location_.value = read();
    visits.value += 1;
  });
  document.addEventListener("click", (event) => {
    if (
      event.defaultPrevented ||
      event.button !== 0 ||
      event.metaKey ||
      event.ctrlKey ||
      event.shiftKey ||
      event.altKey
    )
      return;
    const link = (event.target as Element | null)?.closest?.("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (!link.pathname.startsWith(basePath) || link.dataset["external"] !== undefined) return;
    event.preventDefault();
    go(link.pathname.slice(basePath.length) + link.search);
  });
}
