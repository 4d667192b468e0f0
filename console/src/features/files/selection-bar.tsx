import type { Signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { t } from "../../i18n";
import { useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import type { MenuItem } from "../../ui/menu";
import { clear, type Selection } from "./selection";

interface SelectionBarProps {
  selection: Signal<Selection>;
  count: number;
  actions: readonly MenuItem[];
  /** Whether there is room for the names of the actions. */
  named?: boolean;
}

/** How many entries are selected, and what can be done with them. When it goes the focus is in the list again. */
export function SelectionBar({ selection, count, actions, named = false }: SelectionBarProps) {
  const ref = useRef<HTMLDivElement>(null);
  useKeptFocus(ref);
  return (
    <div ref={ref} class="selection-bar" role="toolbar" tabIndex={-1} aria-label={t("selection.label")}>
      <button
        type="button"
        class="icon-button"
        aria-label={t("selection.clear")}
        onClick={() => {
          selection.value = clear(selection.value);
        }}
      >
        <Icon name="close" size={18} />
      </button>
      <span class="selection-count">{t("selection.count", { count })}</span>
      {actions.map((action) => (
        <button
          key={action.label}
          type="button"
          class={named ? "button" : "icon-button"}
          {...(named ? {} : { title: action.label, "aria-label": action.label })}
          onClick={action.run}
        >
          <Icon name={action.icon} size={named ? 18 : 20} />
          {named && action.label}
        </button>
      ))}
    </div>
  );
}
