import { useRef } from "preact/hooks";
import * as api from "../../api/items";
import type { Account } from "../../api/types";
import { changed } from "../../app/live";
import { t } from "../../i18n";
import { size } from "../../i18n/format";
import { confirm } from "../../ui/dialog";
import { focusMainInPlace, useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { toast } from "../../ui/toast";

/** The part of a quota from which on there is little left of it. */
export const NEARLY_FULL = 0.9;

/** Asks whether the trash is to be emptied, empties it, and goes on with what had no room. */
export function askToEmpty(goOn?: () => void): void {
  confirm({
    title: t("trash.emptyTitle"),
    text: t("trash.emptyText"),
    confirm: t("trash.empty"),
    danger: true,
    run: async () => {
      await api.emptyTrash();
      changed();
      toast(t("trash.emptied"));
      goOn?.();
    },
  });
}

interface MakeRoomProps {
  /** What is in the trash; with nothing in it there is no button. */
  bytes: number;
  goOn?: () => void;
}

/** Offers to empty the trash, and tells how much room that makes. */
export function MakeRoom({ bytes, goOn }: MakeRoomProps) {
  const ref = useRef<HTMLButtonElement>(null);
  useKeptFocus(ref, focusMainInPlace);
  if (bytes === 0) return null;
  return (
    <button ref={ref} type="button" class="button make-room" onClick={() => askToEmpty(goOn)}>
      <Icon name="trash" size={18} />
      {t("trash.emptyBytes", { size: size(bytes) })}
    </button>
  );
}

/** What emptying the trash would free where little of the quota is left; else 0. */
export function reclaimable({ quota_bytes: quota, used_bytes: used, trash_bytes: trash }: Account["storage"]): number {
  return typeof quota === "number" && used > quota * NEARLY_FULL ? trash : 0;
}
