import { useEffect, useRef, useState } from "preact/hooks";
import * as api from "../../api/items";
import type { Folder } from "../../api/types";
import { changed } from "../../app/live";
import { ROOT } from "../../app/routes";
import { t } from "../../i18n";
import { Dialog, open } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { useKeptFocus } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { Failure, FormError } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";

interface Place {
  id: string;
  name: string;
}

/** Puts the focus into a field that has just come. */
const focusOnce = (input: HTMLInputElement | null): void => input?.focus();

interface PickerProps {
  title: string;
  submit: string;
  start: string;
  /** Folders that can't be the target: they are what is moved. */
  without: ReadonlySet<string>;
  onPick: (folder: Place) => Promise<void>;
}

/** Asks for a folder: everything that dragging does, by buttons. */
export function pickFolder(props: PickerProps): void {
  open((close) => <Picker {...props} onClose={close} />);
}

function Picker({ title, submit, start, without, onPick, onClose }: PickerProps & { onClose: () => void }) {
  const root: Place = { id: ROOT, name: t("files.root") };
  const [trail, setTrail] = useState<readonly Place[]>([root]);
  const [folders, setFolders] = useState<readonly Folder[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [refused, setRefused] = useState<unknown>(null);
  const [name, setName] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  useKeptFocus(list);
  const here = trail.at(-1) ?? root;
  // What is read of a folder that was left meanwhile is not shown.
  const shown = useRef(here.id);
  shown.current = here.id;

  useEffect(() => {
    if (start === ROOT) return;
    api.folder(start).then(
      // Unless another one was entered meanwhile.
      (folder) => setTrail((now) => (now.length > 1 ? now : [root, ...(folder.ancestors ?? []).slice(1), folder])),
      () => undefined,
    );
  }, []);

  const load = async () => {
    setFolders(null);
    setNext(null);
    setError(null);
    try {
      const page = await api.subfolders(here.id);
      if (shown.current !== here.id) return;
      setFolders(page.items);
      setNext(page.next_cursor ?? null);
    } catch (failure) {
      if (shown.current === here.id) setError(failure);
    }
  };
  useEffect(() => void load(), [here.id]);

  const more = async () => {
    try {
      const page = await api.subfolders(here.id, next);
      if (shown.current !== here.id) return;
      setFolders((folders ?? []).concat(page.items));
      setNext(page.next_cursor ?? null);
    } catch (failure) {
      setRefused(failure);
    }
  };
  const pick = async () => {
    if (busy) return;
    setBusy(true);
    setRefused(null);
    try {
      await onPick(here);
      onClose();
    } catch (failure) {
      setRefused(failure);
      setBusy(false);
    }
  };
  const create = async (event: Event) => {
    event.preventDefault();
    const wanted = name?.trim() ?? "";
    if (wanted === "") return;
    setRefused(null);
    try {
      const made = await api.createFolder(here.id, wanted);
      changed();
      setName(null);
      enter([...trail, made]);
    } catch (failure) {
      setRefused(failure);
    }
  };
  const enter = (trail: readonly Place[]) => {
    setTrail(trail);
    setRefused(null);
    list.current?.focus();
  };

  return (
    <Dialog title={title} onClose={onClose}>
      <nav class="crumbs" aria-label={t("files.path")}>
        <ol>
          {trail.map((place, index) => (
            <li key={place.id}>
              <button
                type="button"
                class="crumb"
                {...(place === here ? { "aria-current": "location" as const } : {})}
                onClick={() => enter(trail.slice(0, index + 1))}
              >
                {place.name}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <div ref={list} class="picker" role="group" tabIndex={-1} aria-label={t("picker.folders", { name: here.name })}>
        {error !== null && <Failure error={error} retry={() => void load()} />}
        {folders === null && error === null && <Loading rows={4} />}
        {folders?.length === 0 && <Empty icon="folder" title={t("picker.empty")} />}
        {folders && folders.length > 0 && (
          <ul>
            {folders.map((folder) => (
              <li key={folder.id}>
                <button
                  type="button"
                  class="picker-row"
                  disabled={without.has(folder.id)}
                  onClick={() => enter([...trail, folder])}
                >
                  <Icon name="folder" />
                  <span class="name">{folder.name}</span>
                  <Icon name="chevron-end" size={16} mirrored />
                </button>
              </li>
            ))}
          </ul>
        )}
        {next !== null && (
          <button type="button" class="button" onClick={() => void more()}>
            {t("action.more")}
          </button>
        )}
      </div>
      {name === null ? (
        <button type="button" class="button quiet start" onClick={() => setName("")}>
          <Icon name="folder-plus" size={18} />
          {t("folder.new")}
        </button>
      ) : (
        <form class="inline-form" onSubmit={(event) => void create(event)}>
          <Field
            label={t("field.itemName")}
            value={name}
            onValue={setName}
            required
            maxLength={255}
            inputRef={focusOnce}
          />
          <button type="submit" class="button">
            {t("folder.create")}
          </button>
        </form>
      )}
      <FormError error={refused} />
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {t("action.cancel")}
        </button>
        <button type="button" class="button primary" aria-disabled={busy} onClick={() => void pick()}>
          {submit}
        </button>
      </div>
    </Dialog>
  );
}
