import type { Signal } from "@preact/signals";
import type { Sort, SortKey } from "../../api/items";
import { type Key, t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { MenuButton } from "../../ui/menu";
import { details, view } from "./settings";

const labels: Record<SortKey, Key> = {
  name: "column.name",
  modified_at: "column.modified",
  size: "column.size",
  type: "column.kind",
  trashed_at: "column.trashed",
};

/** Sorts a list, also where it is too narrow for the heads of its columns. */
export function SortMenu({ keys, sort }: { keys: readonly SortKey[]; sort: Signal<Sort> }) {
  const current = sort.value;
  const choose = (next: Sort) => () => {
    sort.value = next;
  };
  return (
    <MenuButton
      label={t("sort.label")}
      items={() => [
        ...keys.map((key) => ({
          label: t(labels[key]),
          icon: key === current.key ? ("check" as const) : ("list" as const),
          checked: key === current.key,
          run: choose({ key, order: current.order }),
        })),
        {
          label: current.order === "asc" ? t("sort.descending") : t("sort.ascending"),
          icon: current.order === "asc" ? ("arrow-down" as const) : ("arrow-up" as const),
          run: choose({ key: current.key, order: current.order === "asc" ? "desc" : "asc" }),
        },
      ]}
    >
      <Icon name={current.order === "asc" ? "arrow-up" : "arrow-down"} />
    </MenuButton>
  );
}

export function ViewButtons() {
  return (
    <div class="segments" role="group" aria-label={t("view.label")}>
      {(["list", "grid"] as const).map((name) => (
        <button
          key={name}
          type="button"
          class="icon-button"
          aria-label={t(`view.${name}`)}
          title={t(`view.${name}`)}
          aria-pressed={view.value === name}
          onClick={() => {
            view.value = name;
          }}
        >
          <Icon name={name} />
        </button>
      ))}
      <button
        type="button"
        class="icon-button wide-only"
        aria-label={t("action.details")}
        title={t("action.details")}
        aria-pressed={details.value}
        onClick={() => {
          details.value = !details.value;
        }}
      >
        <Icon name="info" />
      </button>
    </div>
  );
}
