import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api/items";
import type { Item, Usage } from "../../api/types";
import { t } from "../../i18n";
import { dateTime, size } from "../../i18n/format";
import { useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { useCover } from "./cover";
import { kindName, kindOf } from "./kinds";
import { Thumb } from "./thumb";
import { Versions } from "./versions";

/** What is known of one entry, and its versions. */
export function Details({ item, onClose }: { item: Item | null; onClose: () => void }) {
  const ref = useRef<HTMLElement>(null);
  // The heading of the page where the page's own is covered.
  const covers = useCover(ref);
  const Heading = covers ? "h1" : "h2";
  useKeptFocus(ref);
  return (
    <aside
      ref={ref}
      tabIndex={-1}
      class="details"
      aria-label={t("details.title")}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        onClose();
        // It closes them alone, and not the file that they are of.
        event.stopPropagation();
      }}
    >
      <header class="details-head">
        <Heading>{item ? item.name : t("details.title")}</Heading>
        <button type="button" class="icon-button" aria-label={t("details.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {item ? <Facts key={item.id} item={item} covers={covers} /> : <p class="muted">{t("details.none")}</p>}
    </aside>
  );
}

function Facts({ item, covers }: { item: Item; covers: boolean }) {
  const type = item.kind === "file" ? item.content_type : null;
  return (
    <>
      <div class="details-picture">
        <Thumb item={item} large />
      </div>
      <dl class="facts">
        <dt>{t("column.kind")}</dt>
        <dd>{t(kindName(kindOf(item)))}</dd>
        {type && <Fact name={t("details.type")} value={type} />}
        {item.kind === "file" && <Fact name={t("column.size")} value={size(item.size)} />}
        {item.kind === "folder" && <FolderUsage id={item.id} />}
        <Fact name={t("column.modified")} value={dateTime(item.modified_at)} />
        <Fact name={t("details.created")} value={dateTime(item.created_at)} />
        {item.kind === "file" && item.sha256 && (
          <>
            <dt>SHA-256</dt>
            <dd>
              <code class="digest selectable">{item.sha256}</code>
            </dd>
          </>
        )}
      </dl>
      {item.kind === "file" && <Versions file={item} level={covers ? 2 : 3} />}
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

function FolderUsage({ id }: { id: string }) {
  const [usage, setUsage] = useState<Usage | "counting" | null>("counting");
  useEffect(() => {
    const over = new AbortController();
    api.usage(id, over.signal).then(setUsage, () => setUsage(null));
    return () => over.abort();
  }, [id]);
  if (usage === null) return null;
  if (usage === "counting") return <Fact name={t("column.size")} value={t("details.counting")} />;
  const files = t("count.files", { count: usage.files });
  const folders = t("count.folders", { count: usage.folders });
  return (
    <>
      <Fact name={t("column.size")} value={size(usage.size_bytes)} />
      <Fact name={t("details.contains")} value={`${files}, ${folders}`} />
    </>
  );
}
