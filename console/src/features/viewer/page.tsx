import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { PageRequest } from "../../api/items";
import * as api from "../../api/items";
import type { FileItem, Item } from "../../api/types";
import { subscribe } from "../../app/live";
import { go } from "../../app/router";
import { ROOT } from "../../app/routes";
import { t } from "../../i18n";
import { size } from "../../i18n/format";
import { announce } from "../../ui/announcer";
import { focusIsLost, focusMainInPlace } from "../../ui/focus";
import { Icon } from "../../ui/icon";
import { MenuButton } from "../../ui/menu";
import { Failure } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";
import { useTitle } from "../../ui/title";
import * as commands from "../files/commands";
import { Details } from "../files/details";
import { iconOf, kindOf } from "../files/kinds";
import { folderAround, leave as leaveFile } from "../files/open";
import { details, sort } from "../files/settings";
import { Thumb, thumbnailOf } from "../files/thumb";
import { useInlineUrl } from "./inline-url";
import { Media } from "./media";
import { Picture } from "./picture";
import { type Siblings, siblingsOf } from "./siblings";
import { TextView } from "./text";
import { watch } from "./watch";

/** One file, large, with the way to its neighbours. */
export function ViewerPage({ file: id }: { file: string }) {
  const [file, setFile] = useState<FileItem | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [siblings, setSiblings] = useState<readonly Item[]>([]);
  const [changes, setChanges] = useState(0);
  const frame = useRef<HTMLDivElement>(null);
  useTitle(file?.name ?? "");

  const shown = useRef(id);
  shown.current = id;
  const load = () => {
    setError(null);
    api.item(id).then(
      (item) => {
        if (shown.current !== id) return;
        if (item.kind === "folder") go({ page: "files", folder: item.id }, { replace: true });
        else setFile(item);
      },
      (failure) => shown.current === id && setError(failure),
    );
  };
  useEffect(() => {
    load();
    const loadAgain = () => {
      setChanges((count) => count + 1);
      // What is shown stays when it can't be read again.
      api.item(id).then(
        (item) => {
          if (item.kind !== "file" || shown.current !== id) return;
          setFile(item);
          setError(null);
        },
        () => undefined,
      );
    };
    const gone = (error: unknown) => shown.current === id && setError(error);
    const stops = [subscribe(loadAgain), watch(id, { changed: loadAgain, gone })];
    return () => {
      for (const stop of stops) stop();
    };
  }, [id]);

  const last = useRef(file);
  last.current = file;
  // Before the next page is drawn.
  useLayoutEffect(() => () => leaveFile(id, last.current?.ancestors), [id]);

  const parent = file?.parent_id ?? null;
  const known = useRef<{ parent: string; siblings: Siblings } | null>(null);
  useEffect(() => {
    if (parent === null) return;
    const abort = new AbortController();
    const before = known.current?.parent === parent ? known.current.siblings : null;
    const read = (request: PageRequest) => api.children(parent, sort.peek(), { ...request, signal: abort.signal });
    siblingsOf(id, before, read).then(
      (siblings) => {
        if (abort.signal.aborted) return;
        known.current = { parent, siblings };
        setSiblings(siblings.files);
      },
      () => undefined,
    );
    return () => abort.abort();
  }, [parent, id, changes]);

  const index = siblings.findIndex((item) => item.id === id);
  const before = index > 0 ? siblings[index - 1] : undefined;
  const after = index >= 0 ? siblings[index + 1] : undefined;
  const show = (item: Item | undefined) => {
    if (!item) return;
    frame.current?.focus();
    go({ page: "view", file: item.id }, { replace: true });
    announce(item.name);
  };
  const leave = () => (after || before ? show(after ?? before) : back());
  const back = () => go({ page: "files", folder: file ? folderAround(file) : ROOT });
  useEffect(() => {
    frame.current?.focus();
  }, [file === null]);
  // What had the focus goes with a file that is gone, and again when that is back.
  useEffect(() => {
    if (!focusIsLost()) return;
    if (error !== null) focusMainInPlace();
    else frame.current?.focus();
  }, [error === null]);

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    if (target.matches("video, audio, input") || event.ctrlKey || event.metaKey || event.altKey) return;
    const rtl = getComputedStyle(target).direction === "rtl";
    // There arrow keys scroll.
    if (target.matches("pre, .zoomed") && event.key !== "Escape") return;
    if (event.key === (rtl ? "ArrowLeft" : "ArrowRight")) show(after);
    else if (event.key === (rtl ? "ArrowRight" : "ArrowLeft")) show(before);
    else if (event.key === "Escape") back();
    else return;
    event.preventDefault();
  };

  if (error !== null) {
    return (
      <div class="page">
        <h1 class="visually-hidden" tabIndex={-1}>
          {t("kind.file")}
        </h1>
        <Failure error={error} retry={load} />
      </div>
    );
  }
  if (!file) {
    return (
      <div class="page">
        <Loading />
      </div>
    );
  }
  return (
    <div class={`viewer ${details.value ? "with-details" : ""}`} onKeyDown={onKeyDown}>
      <header class="viewer-head">
        <button type="button" class="icon-button" aria-label={t("viewer.back")} title={t("viewer.back")} onClick={back}>
          <Icon name="chevron-start" mirrored />
        </button>
        <h1 tabIndex={-1} title={file.name}>
          {file.name}
        </h1>
        {index >= 0 && siblings.length > 1 && (
          <span class="muted wide-only">{t("viewer.position", { index: index + 1, count: siblings.length })}</span>
        )}
        <a
          class="icon-button"
          href={api.contentAddress(file.id, "attachment")}
          download={file.name}
          aria-label={t("action.download")}
          title={t("action.download")}
        >
          <Icon name="download" />
        </a>
        <button
          type="button"
          class="icon-button"
          aria-label={t("action.details")}
          title={t("action.details")}
          aria-pressed={details.value}
          onClick={() => {
            details.value = !details.value;
          }}
        >
          <Icon name="info" />
        </button>
        <MenuButton
          label={t("item.more", { name: file.name })}
          items={() => [
            { label: t("action.rename"), icon: "edit", run: () => commands.rename(file) },
            {
              label: t("action.moveTo"),
              icon: "move",
              run: () => commands.chooseTarget("move", [file], parent ?? ROOT),
            },
            {
              label: t("action.copyTo"),
              icon: "copy",
              run: () => commands.chooseTarget("copy", [file], parent ?? ROOT),
            },
            {
              label: t("action.trash"),
              icon: "trash",
              danger: true,
              run: () => {
                void commands.trash([file]).then((gone) => gone && leave());
              },
            },
          ]}
        >
          <Icon name="more" />
        </MenuButton>
      </header>
      <div class="viewer-body">
        <div ref={frame} class="stage" tabIndex={-1} role="group" aria-label={file.name}>
          <Content key={`${file.id} ${file.version}`} file={file} />
          <Step to={before} label={t("viewer.previous")} icon="chevron-start" show={show} />
          <Step to={after} label={t("viewer.next")} icon="chevron-end" show={show} />
        </div>
        {details.value && (
          <Details
            item={file}
            onClose={() => {
              details.value = false;
            }}
          />
        )}
      </div>
    </div>
  );
}

interface StepProps {
  to: Item | undefined;
  label: string;
  icon: "chevron-start" | "chevron-end";
  show: (item: Item) => void;
}

function Step({ to, label, icon, show }: StepProps) {
  if (!to) return null;
  return (
    <button
      type="button"
      class={`step ${icon}`}
      aria-label={`${label}: ${to.name}`}
      title={to.name}
      onClick={() => show(to)}
    >
      <Icon name={icon} size={28} mirrored />
    </button>
  );
}

function Content({ file }: { file: FileItem }) {
  const kind = kindOf(file);
  const [broken, setBroken] = useState(false);
  const needsUrl = kind === "pdf" || kind === "text";
  const { url, error, load } = useInlineUrl(file.id, needsUrl);
  const onError = () => setBroken(true);
  if (broken) return <NoPreview file={file} />;
  if (kind === "image") return <Picture key={file.previews?.medium.url ?? ""} file={file} onBroken={onError} />;
  if (kind === "video" || kind === "audio") return <Media file={file} kind={kind} onBroken={onError} />;
  if (error !== null) return <Failure error={error} retry={load} />;
  if (!needsUrl) return <NoPreview file={file} />;
  if (url === null) return <Loading rows={1} />;
  if (kind === "text") return <TextView file={file} url={url} onBroken={onError} />;
  return (
    <div class="document">
      <iframe src={url} title={file.name} />
      <a href={api.contentAddress(file.id, "inline")} target="_blank" rel="noreferrer">
        {t("viewer.newTab")}
      </a>
    </div>
  );
}

function NoPreview({ file }: { file: FileItem }) {
  return (
    <Empty icon={iconOf(kindOf(file))} title={t("viewer.none")}>
      {thumbnailOf(file) && <Thumb item={file} large />}
      <p class="muted">{size(file.size)}</p>
      <a class="button primary" href={api.contentAddress(file.id, "attachment")} download={file.name}>
        <Icon name="download" size={18} />
        {t("action.download")}
      </a>
    </Empty>
  );
}
