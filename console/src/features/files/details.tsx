import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api/items";
import type { FileItem, Item, Usage, Version } from "../../api/types";
import { changed } from "../../app/live";
import { t } from "../../i18n";
import { dateTime, number, size } from "../../i18n/format";
import { confirm } from "../../ui/dialog";
import { useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { MenuButton } from "../../ui/menu";
import { describe } from "../../ui/problem";
import { Loading } from "../../ui/states";
import { toast } from "../../ui/toast";
import { save } from "./commands";
import { kindName, kindOf } from "./kinds";
import { Thumb } from "./thumb";

/** What is known of one entry, and its versions. */
export function Details({ item, onClose }: { item: Item | null; onClose: () => void }) {
  const ref = useRef<HTMLElement>(null);
  useKeptFocus(ref);
  useEffect(() => {
    // On narrow screens it covers what has the focus.
    if (matchMedia("(max-width: 56rem)").matches) ref.current?.focus();
  }, []);
  return (
    <aside
      ref={ref}
      tabIndex={-1}
      class="details"
      aria-label={t("details.title")}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <header class="details-head">
        <h2>{item ? item.name : t("details.title")}</h2>
        <button type="button" class="icon-button" aria-label={t("details.close")} onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      {item ? <Facts key={item.id} item={item} /> : <p class="muted">{t("details.none")}</p>}
    </aside>
  );
}

function Facts({ item }: { item: Item }) {
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
      {item.kind === "file" && <Versions file={item} />}
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
  const [usage, setUsage] = useState<Usage | null>(null);
  useEffect(() => {
    let open = true;
    api.usage(id).then(
      (value) => open && setUsage(value),
      () => undefined,
    );
    return () => {
      open = false;
    };
  }, [id]);
  if (!usage) return null;
  const files = t("count.files", { count: usage.files });
  const folders = t("count.folders", { count: usage.folders });
  return (
    <>
      <Fact name={t("column.size")} value={size(usage.size_bytes)} />
      <Fact name={t("details.contains")} value={`${files}, ${folders}`} />
    </>
  );
}

function Versions({ file }: { file: FileItem }) {
  const [versions, setVersions] = useState<readonly Version[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    setError(null);
    api.versions(file.id).then((page) => setVersions(page.items), setError);
  };
  useEffect(load, [file.id, file.updated_at]);
  const ref = useRef<HTMLElement>(null);
  useKeptFocus(ref);
  return (
    <section ref={ref} class="versions" tabIndex={-1} aria-labelledby="versions-title">
      <h3 id="versions-title">{t("versions.title")}</h3>
      {error !== null && <p class="muted">{describe(error)}</p>}
      {versions === null && error === null && <Loading rows={2} />}
      {versions?.length === 1 && <p class="muted">{t("versions.none")}</p>}
      {versions && versions.length > 1 && (
        <ol>
          {versions.map((version) => (
            <li key={version.number} class="version">
              <span class="version-text">
                <span>
                  {t("versions.number", { number: number(version.number) })}
                  {version.current && <span class="badge">{t("versions.current")}</span>}
                </span>
                <span class="muted">
                  {dateTime(version.created_at)} · {size(version.size)}
                </span>
              </span>
              {!version.current && (
                <MenuButton
                  label={t("versions.more", { number: number(version.number) })}
                  items={() => [
                    {
                      label: t("action.download"),
                      icon: "download",
                      run: () => save(api.versionAddress(file.id, version.number), file.name),
                    },
                    { label: t("versions.restore"), icon: "restore", run: () => askRestore(file.id, version, load) },
                    {
                      label: t("versions.remove"),
                      icon: "trash",
                      danger: true,
                      run: () => askRemove(file.id, version, load),
                    },
                  ]}
                >
                  <Icon name="more" />
                </MenuButton>
              )}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

function askRestore(file: string, version: Version, done: () => void): void {
  confirm({
    title: t("versions.restoreTitle", { number: number(version.number) }),
    text: t("versions.restoreText"),
    confirm: t("versions.restore"),
    run: async () => {
      await api.restoreVersion(file, version.number);
      changed();
      done();
      toast(t("versions.restored", { number: number(version.number) }));
    },
  });
}

function askRemove(file: string, version: Version, done: () => void): void {
  confirm({
    title: t("versions.removeTitle", { number: number(version.number) }),
    text: t("versions.removeText"),
    confirm: t("versions.remove"),
    danger: true,
    run: async () => {
      await api.removeVersion(file, version.number);
      done();
      toast(t("versions.removed", { number: number(version.number) }));
    },
  });
}
