import { effect } from "@preact/signals";
import { stored } from "../ui/stored";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

export const theme = stored<Theme>("theme", "system", (value): value is Theme => themes.includes(value as Theme));

/** Tells the style sheet which of its themes to show. */
export function startTheme(): void {
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
  });
}
