import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n";
import { useKeptFocus } from "./focus";
import { Icon, type IconName } from "./icon";

export function Empty({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  const ref = useRef<HTMLDivElement>(null);
  useKeptFocus(ref);
  return (
    <div ref={ref} class="state" tabIndex={-1}>
      <span class="state-icon">
        <Icon name={icon} size={40} />
      </span>
      <p class="state-title">{title}</p>
      {children}
    </div>
  );
}

/** Grey rows, only when the answer takes longer than a moment: a flash of them would be a flicker. */
export function Loading({ rows = 8 }: { rows?: number }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class="skeleton" role="status" aria-label={t("state.loading")}>
      {late && Array.from({ length: rows }, (_, index) => <div key={index} class="skeleton-row" />)}
    </div>
  );
}

/** How much of something is there: `value` of 1. */
export function Bar({ value, label, tone = "" }: { value: number; label: string; tone?: "" | "danger" | "done" }) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  return (
    <div
      class={`bar ${tone}`}
      role="progressbar"
      aria-label={label}
      aria-valuenow={percent}
      aria-valuemin={0}
      aria-valuemax={100}
    >
      <div class="bar-fill" style={{ inlineSize: `${percent}%` }} />
    </div>
  );
}
