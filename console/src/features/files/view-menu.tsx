import type { Sort, SortKey } from "../../api/items";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { MenuButton } from "../../ui/menu";
import { details, sort, view } from "./settings";

const sorts: { key: SortKey; label: () => string }[] = [
  { key: "name", label: () => t("column.name") },
  { key: "modified_at", label: () => t("column.modified") },
  { key: "size", label: () => t("column.size") },
  { key: "type", label: () => t("column.kind") },
];

export function SortMenu() {
  const current = sort.value;
  const choose = (next: Sort) => () => {
    sort.value = next;
  };
  return (
    <MenuButton
      label={t("sort.label")}
      items={() => [
        ...sorts.map(({ key, label }) => ({
          label: label(),
          icon: key === current.key ? ("check" as const) : ("list" as const),
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
