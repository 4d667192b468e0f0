import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "../../api/items";
import type { FileItem, Version, VersionChanges } from "../../api/types";
import { changed } from "../../app/live";
import { t } from "../../i18n";
import { dateTime, day, number, size } from "../../i18n/format";
import { confirm, FormDialog, open } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { MenuButton, type MenuItem } from "../../ui/menu";
import { PagedList } from "../../ui/paged";
import { describe } from "../../ui/problem";
import { Loading } from "../../ui/states";
import { toast, toastError } from "../../ui/toast";
import { save } from "./commands";

/** A version by the number that it is given once. */
interface Entry extends Version {
  id: string;
}

/** The contents that a file has and had, page by page, under a heading of this level. */
export function Versions({ file, level }: { file: FileItem; level: number }) {
  const list = useMemo(
    () =>
      new PagedList<Entry>(async ({ cursor }) => {
        const page = await api.versions(file.id, cursor);
        return {
          page: { ...page, items: page.items.map((item) => ({ ...item, id: String(item.number) })) },
          etag: null,
        };
      }),
    [file.id],
  );
  useEffect(() => () => list.close(), [list]);
  useEffect(() => {
    if (list.status.peek() === "ready") void list.refresh();
    else void list.load();
  }, [list, file.updated_at]);
  const ref = useRef<HTMLElement>(null);
  useKeptFocus(ref);
  const { value: versions } = list.items;
  const error = list.error.value;
  return (
    <section ref={ref} class="versions" tabIndex={-1} aria-labelledby="versions-title">
      <h3 id="versions-title" aria-level={level}>
        {t("versions.title")}
      </h3>
      {list.status.value === "loading" && <Loading rows={2} />}
      {versions.length === 1 && <p class="muted">{t("versions.none")}</p>}
      {versions.length > 1 && (
        <ol>
          {versions.map((version) => (
            <Line key={version.id} file={file} version={version} list={list} />
          ))}
        </ol>
      )}
      {error !== null && <p class="muted">{describe(error)}</p>}
      {list.status.value === "ready" && !list.complete.value && (
        <button type="button" class="button" onClick={() => void list.more()}>
          {t("action.more")}
        </button>
      )}
    </section>
  );
}

interface LineProps {
  file: FileItem;
  version: Entry;
  list: PagedList<Entry>;
}

function Line({ file, version, list }: LineProps) {
  const known = { number: number(version.number) };
  return (
    <li class="version">
      <span class="version-text">
        <span>
          {t("versions.number", known)}
          {version.current && <span class="badge">{t("versions.current")}</span>}
          {version.pinned && <span class="badge">{t("versions.pinned")}</span>}
        </span>
        {version.label && <span>{version.label}</span>}
        <span class="muted">
          {dateTime(version.created_at)} · {size(version.size)}
        </span>
        {version.expires_at && <span class="muted">{t("versions.expires", { date: day(version.expires_at) })}</span>}
      </span>
      {!version.current && (
        <MenuButton label={t("versions.more", known)} items={() => menu({ file, version, list })}>
          <Icon name="more" />
        </MenuButton>
      )}
    </li>
  );
}

function menu({ file, version, list }: LineProps): MenuItem[] {
  const change = async (changes: VersionChanges) => {
    await api.changeVersion(file.id, version.number, changes);
    // What becomes of the others may depend on it.
    await list.refresh();
  };
  const known = { number: number(version.number) };
  const pin = async () => {
    await change({ pinned: !version.pinned });
    toast(t(version.pinned ? "versions.unpinnedNow" : "versions.pinnedNow", known));
  };
  return [
    {
      label: t("action.download"),
      icon: "download",
      run: () => save(api.versionAddress(file.id, version.number), file.name),
    },
    {
      label: t("versions.restore"),
      icon: "restore",
      run: () => askRestore(file.id, version, () => void list.refresh()),
    },
    {
      label: t(version.pinned ? "versions.unpin" : "versions.pin"),
      icon: version.pinned ? "unpin" : "pin",
      run: () => void pin().catch(toastError),
    },
    {
      label: t("versions.name"),
      icon: "edit",
      run: () => open((close) => <Naming version={version} change={change} close={close} />),
    },
    {
      label: t("versions.remove"),
      icon: "trash",
      danger: true,
      run: () => askRemove(file.id, version, () => void list.refresh()),
    },
  ];
}

interface NamingProps {
  version: Version;
  change: (changes: VersionChanges) => Promise<void>;
  close: () => void;
}

function Naming({ version, change, close }: NamingProps) {
  const [label, setLabel] = useState(version.label ?? "");
  const known = { number: number(version.number) };
  return (
    <FormDialog
      title={t("versions.nameTitle", known)}
      submit={t("action.save")}
      onClose={close}
      onSubmit={async () => {
        await change({ label: label.trim() || null });
        close();
        toast(t("settings.saved"));
      }}
    >
      <Field
        label={t("versions.label")}
        value={label}
        onValue={setLabel}
        maxLength={255}
        hint={t("versions.labelHint")}
        autofocus
      />
    </FormDialog>
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
