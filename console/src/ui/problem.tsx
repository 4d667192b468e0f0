import { useRef } from "preact/hooks";
import { ApiError, NetworkError, UnansweredError } from "../api/client";
import { InterruptedError } from "../api/items";
import { ReloadError } from "../api/scripts";
import { isKey, t } from "../i18n";
import { useKeptFocus } from "./focus";
import { Icon } from "./icon";
import { toast, toastError } from "./toast";

/** Codes of many reasons, of which the service tells more than our own text can. */
const general = ["conflict", "malformed_request", "validation_failed"];

/** Why something failed, for people: our own text for what they can do something about, else the service's. */
export function describe(error: unknown): string {
  if (error instanceof NetworkError) return t("error.offline");
  if (error instanceof UnansweredError) return t("error.unanswered");
  if (error instanceof InterruptedError) return t("error.interrupted");
  if (error instanceof ReloadError) return t(error.isOutdated ? "error.outdated" : "error.reload");
  if (error instanceof ApiError) {
    const key = `error.${error.code}`;
    const detail = error.problem.errors?.map((fault) => fault.detail).join("; ") || error.message;
    if (!isKey(key)) return detail;
    return general.includes(error.code) ? `${t(key)} (${detail})` : t(key);
  }
  return error instanceof Error ? error.message : String(error);
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(t("action.copied"));
  } catch (error) {
    toastError(error);
  }
}

/** What is done about a failure in place of trying again, where something is. */
export function remedyOf(error: unknown): { label: string; run: () => void } | null {
  return error instanceof ReloadError ? { label: t("action.reload"), run: () => location.reload() } : null;
}

/** In place of something that could not be read: why, what a report needs, and a way to try again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const ref = useRef<HTMLDivElement>(null);
  useKeptFocus(ref);
  const request = error instanceof ApiError ? error.problem.request_id : "";
  const remedy = remedyOf(error) ?? (retry && { label: t("action.retry"), run: retry });
  return (
    <div ref={ref} class="state" role="alert" tabIndex={-1}>
      <span class="state-icon danger">
        <Icon name="warning" size={32} />
      </span>
      <p class="state-title">{t("error.title")}</p>
      <p>{describe(error)}</p>
      {request && (
        <p class="muted">
          {t("error.request")} <code class="selectable">{request}</code>{" "}
          <button type="button" class="link" onClick={() => void copy(request)}>
            {t("action.copyText")}
          </button>
        </p>
      )}
      {remedy && (
        <button type="button" class="button" onClick={remedy.run}>
          <Icon name="retry" size={18} />
          {remedy.label}
        </button>
      )}
    </div>
  );
}

/** What the service says is wrong with one field of a request. */
export function faultOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.problem.errors?.find(({ pointer }) => pointer === `/${field}`)?.detail;
}

/** One line in a form: why it was refused, unless that is told at these fields. */
export function FormError({ error, told = [] }: { error: unknown; told?: readonly string[] }) {
  if (error === null || error === undefined) return null;
  const faults = error instanceof ApiError ? error.problem.errors : undefined;
  if (faults?.length && faults.every(({ pointer }) => told.includes(pointer.slice(1)))) return null;
  return (
    <p class="form-error" role="alert">
      <Icon name="warning" size={18} />
      <span>{describe(error)}</span>
    </p>
  );
}
