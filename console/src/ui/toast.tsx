import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { announce, hush } from "./announcer";
import { useFocusAfter, useFocusInside } from "./focus";
import { Icon } from "./icon";
import { describe, remedyOf } from "./problem";

interface Toast {
  id: number;
  text: string;
  tone: "plain" | "danger";
  action?: { label: string; run: () => void };
}

const LIFE = 10_000;
const toasts = signal<readonly Toast[]>([]);
let count = 0;

/** Tells the outcome of what the user did, with a way back where there is one. */
export function toast(text: string, action?: Toast["action"]): void {
  add({ text, tone: "plain", ...(action ? { action } : {}) });
}

/** Tells why something that the user did has failed, and offers what helps. */
export function toastError(error: unknown): void {
  const action = remedyOf(error);
  add({ text: describe(error), tone: "danger", ...(action && { action }) });
}

function add(toast: Omit<Toast, "id">): void {
  count += 1;
  toasts.value = [...toasts.value.slice(-2), { ...toast, id: count }];
  announce(toast.text);
}

/** Takes all messages away, also those that are heard alone. */
export function clearToasts(): void {
  toasts.value = [];
  hush();
}

function remove(id: number): void {
  toasts.value = toasts.value.filter((toast) => toast.id !== id);
}

export function Toasts() {
  return (
    <section class="toasts" aria-label={t("toasts.label")}>
      {toasts.value.map((toast) => (
        <ToastLine key={toast.id} toast={toast} />
      ))}
    </section>
  );
}

/** Stays as long as the pointer or the focus is on it. */
function ToastLine({ toast }: { toast: Toast }) {
  const ref = useRef<HTMLDivElement>(null);
  useFocusAfter(useFocusInside(ref));
  const [held, hold] = useState(false);
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => remove(toast.id), LIFE);
    return () => clearTimeout(timer);
  }, [held, toast.id]);
  return (
    <div
      ref={ref}
      class={`toast ${toast.tone}`}
      onPointerEnter={() => hold(true)}
      onPointerLeave={() => hold(false)}
      onFocusIn={() => hold(true)}
      onFocusOut={() => hold(false)}
    >
      {toast.tone === "danger" && <Icon name="warning" />}
      <span class="toast-text">{toast.text}</span>
      {toast.action && (
        <button
          type="button"
          class="button quiet"
          onClick={() => {
            remove(toast.id);
            toast.action?.run();
          }}
        >
          {toast.action.label}
        </button>
      )}
      <button type="button" class="icon-button" aria-label={t("action.dismiss")} onClick={() => remove(toast.id)}>
        <Icon name="close" size={16} />
      </button>
    </div>
  );
}
