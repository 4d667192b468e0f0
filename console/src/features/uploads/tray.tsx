import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { account, loadAccount } from "../../app/session";
import { t } from "../../i18n";
import { clock, day, percent, size } from "../../i18n/format";
import { confirm } from "../../ui/dialog";
import { useKeptFocus } from "../../ui/focus";
import { Icon, type IconName } from "../../ui/icon";
import { describe } from "../../ui/problem";
import { Bar } from "../../ui/states";
import { windowOf } from "../../ui/window";
import { MakeRoom } from "../trash/empty";
import type { Upload } from "./queue";
import { lackOf } from "./room";
import { expanded, queue, reopen, speed } from "./uploads";

const ROW = 60;

/** What is being sent, over every page. */
export function Tray() {
  return queue.revision.value > 0 && queue.uploads.length > 0 ? <Panel /> : null;
}

function Panel() {
  const ref = useRef<HTMLElement>(null);
  useKeptFocus(ref);
  const totals = queue.totals();
  const active = totals.running > 0;
  useSeconds(active);
  const part = totals.size === 0 ? 1 : totals.sent / totals.size;
  const { uploads } = queue;
  const paused = uploads.some(({ state }) => state === "paused");
  const isOver = !queue.areLeft();
  const needy = uploads.filter(needsUser);
  const [isFiltered, setFiltered] = useState(false);
  const mayFilter = needy.length > 0 && needy.length < uploads.length;
  return (
    <section ref={ref} class="tray" tabIndex={-1} aria-labelledby="tray-title">
      <header class="tray-head">
        <h2 id="tray-title">
          {active
            ? t("uploads.progress", { done: totals.done, count: totals.count })
            : t("uploads.over", { done: totals.done, count: totals.count })}
        </h2>
        {active && (
          <button type="button" class="icon-button" aria-label={t("uploads.pauseAll")} onClick={() => queue.pauseAll()}>
            <Icon name="pause" size={18} />
          </button>
        )}
        {(paused || totals.failed > 0) && (
          <button
            type="button"
            class="icon-button"
            aria-label={t("uploads.resumeAll")}
            onClick={() => queue.resumeAll()}
          >
            <Icon name={paused ? "play" : "retry"} size={18} />
          </button>
        )}
        <button
          type="button"
          class="icon-button"
          aria-label={expanded.value ? t("uploads.collapse") : t("uploads.expand")}
          aria-expanded={expanded.value}
          onClick={() => {
            expanded.value = !expanded.value;
          }}
        >
          <Icon name={expanded.value ? "chevron-down" : "chevron-up"} size={18} />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={isOver ? t("uploads.clear") : t("uploads.cancelAll")}
          onClick={isOver ? removeAll : askToCancel}
        >
          <Icon name="close" size={18} />
        </button>
      </header>
      <Bar value={part} label={t("uploads.all")} tone={totals.failed > 0 ? "danger" : active ? "" : "done"} />
      {active && (
        <p class="tray-speed">
          <span>{percent(part)}</span>
          <span>{remaining(totals.size - totals.sent)}</span>
        </p>
      )}
      {expanded.value && totals.failed > 0 && <Room uploads={uploads} />}
      {expanded.value && mayFilter && (
        <button type="button" class="chip" aria-pressed={isFiltered} onClick={() => setFiltered(!isFiltered)}>
          {t("uploads.needy", { count: needy.length })}
        </button>
      )}
      {expanded.value && <Rows uploads={mayFilter && isFiltered ? needy : uploads} />}
    </section>
  );
}

/** Draws anew each second: how fast files are sent changes too where nothing comes through. */
function useSeconds(isWanted: boolean): void {
  const [, draw] = useState(0);
  useEffect(() => {
    if (!isWanted) return;
    const timer = setInterval(() => draw((count) => count + 1), 1000);
    return () => clearInterval(timer);
  }, [isWanted]);
}

/** Among thousands these are to be found: they do not go on by themselves. */
const needsUser = ({ state }: Upload): boolean => state === "failed" || state === "missing" || state === "conflict";

/** Where the quota leaves no room for uploads, and the trash could make some. */
function Room({ uploads }: { uploads: readonly Upload[] }) {
  const { ids, trashBytes } = lackOf(uploads);
  useEffect(() => {
    if (trashBytes > 0) loadAccount().catch(() => undefined);
  }, [trashBytes]);
  // The trash may have less by now.
  const bytes = Math.min(trashBytes, account.value?.storage.trash_bytes ?? trashBytes);
  return (
    <MakeRoom
      bytes={bytes}
      goOn={() => {
        for (const id of ids) queue.resume(id);
      }}
    />
  );
}

const removeAll = () => queue.remove(queue.uploads.map(({ id }) => id));

function askToCancel(): void {
  confirm({
    title: t("uploads.cancelAll"),
    text: t("uploads.cancelAllText"),
    confirm: t("uploads.cancelAll"),
    danger: true,
    run: async () => removeAll(),
  });
}

function remaining(bytes: number): string {
  const perSecond = speed.perSecond(performance.now());
  if (perSecond === 0) return size(bytes);
  return t("uploads.speed", { speed: size(perSecond), time: clock(Math.max(1, bytes / perSecond)) });
}

/** A window of the list: there may be ten thousand. */
function Rows({ uploads }: { uploads: readonly Upload[] }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(300);
  useLayoutEffect(() => setHeight(scroller.current?.clientHeight ?? 300), [uploads.length]);
  const { start, end } = windowOf(uploads.length, ROW, top, height);
  return (
    <div
      ref={scroller}
      class="tray-list"
      role="group"
      tabIndex={0}
      aria-label={t("uploads.list")}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <ul style={{ blockSize: `${uploads.length * ROW}px` }}>
        {uploads.slice(start, end).map((upload, offset) => (
          <Row
            key={upload.id}
            upload={upload}
            revision={queue.revision.value}
            index={start + offset}
            count={uploads.length}
          />
        ))}
      </ul>
    </div>
  );
}

interface RowProps {
  upload: Upload;
  /** The queue changes its uploads in place: without this the row would count as the same. */
  revision: number;
  index: number;
  count: number;
}

function Row({ upload, index, count }: RowProps) {
  const picker = useRef<HTMLInputElement>(null);
  const [wrong, setWrong] = useState(false);
  const { id, name, state } = upload;
  const action = actionOf(upload);
  const choose = async () => {
    if (!(await reopen(id))) picker.current?.click();
  };
  return (
    <li
      class={`upload ${state}`}
      aria-setsize={count}
      aria-posinset={index + 1}
      style={{ transform: `translateY(${index * ROW}px)`, blockSize: `${ROW}px` }}
    >
      <span class="upload-text">
        <span class="name" title={`${upload.place}/${name}`}>
          {name}
        </span>
        <span class="summary">{wrong ? t("uploads.otherFile") : status(upload)}</span>
        {state === "sending" && <Bar value={upload.size === 0 ? 1 : upload.sent / upload.size} label={name} />}
      </span>
      {action && (
        <button type="button" class="icon-button" aria-label={action.label} onClick={action.run}>
          <Icon name={action.icon} size={18} />
        </button>
      )}
      {state === "missing" && (
        <>
          <button
            type="button"
            class="button quiet"
            aria-label={t("uploads.chooseNamed", { name })}
            onClick={() => void choose()}
          >
            {t("uploads.choose")}
          </button>
          <input
            ref={picker}
            type="file"
            multiple
            hidden
            onChange={(event) => {
              // Others that lack their files may be chosen with it.
              const files = [...(event.currentTarget.files ?? [])];
              const used = files.filter((file) => queue.supplyAny(upload.parentId, file));
              setWrong(files.length > 0 && used.length === 0);
              event.currentTarget.value = "";
            }}
          />
        </>
      )}
      {state === "done" ? (
        <span class="upload-done">
          <Icon name="check" size={18} />
        </span>
      ) : (
        <button
          type="button"
          class="icon-button"
          aria-label={t("uploads.cancel", { name })}
          onClick={() => queue.remove([id])}
        >
          <Icon name="close" size={18} />
        </button>
      )}
    </li>
  );
}

/** What can be done about the sending: one button for all of it, which keeps the focus. */
function actionOf({ id, name, state }: Upload): { icon: IconName; label: string; run: () => void } | null {
  const resume = () => queue.resume(id);
  switch (state) {
    case "sending":
    case "waiting":
      return { icon: "pause", label: t("uploads.pause", { name }), run: () => queue.pause(id) };
    case "paused":
      return { icon: "play", label: t("uploads.resume", { name }), run: resume };
    case "failed":
      return { icon: "retry", label: t("uploads.retry", { name }), run: resume };
    default:
      return null;
  }
}

function status(upload: Upload): string {
  switch (upload.state) {
    case "sending":
      if (upload.busyUntil > Date.now()) {
        return t("uploads.busy", { time: day(new Date(upload.busyUntil).toISOString()) });
      }
      return t("uploads.sending", { sent: size(upload.sent), size: size(upload.size) });
    case "failed":
      return describe(upload.error);
    case "done":
      return `${size(upload.size)} · ${upload.place}`;
    case "waiting":
    case "paused":
    case "conflict":
    case "missing":
      return t(`uploads.state.${upload.state}`);
  }
}
