import { useState } from "preact/hooks";
import * as api from "../../api/admin";
import type { Job } from "../../api/types";
import { t } from "../../i18n";
import { dateTime, number } from "../../i18n/format";
import { toast, toastError } from "../../ui/toast";
import { Table, usePages } from "./table";

const states = ["dead", "waiting", "running"] as const;

export function JobsSection() {
  const [state, setState] = useState<(typeof states)[number]>("dead");
  const list = usePages<Job>(state, (cursor) => api.jobs(state, cursor));
  const retry = async (job: Job) => {
    await api.retryJob(job.id);
    list.edit((jobs) => jobs.filter((entry) => entry.id !== job.id));
    toast(t("jobs.retried", { kind: job.kind }));
  };
  return (
    <>
      <div class="chips" role="group" aria-label={t("jobs.state")}>
        {states.map((name) => (
          <button
            key={name}
            type="button"
            class="chip"
            aria-pressed={state === name}
            onClick={() => (name === state ? void list.load() : setState(name))}
          >
            {t(`jobs.${name}`)}
          </button>
        ))}
      </div>
      <Table
        caption={t("admin.jobs")}
        list={list}
        heads={[t("jobs.kind"), t("jobs.attempts"), t("jobs.due"), t("jobs.error"), t("column.actions")]}
        empty={{ icon: "check", title: t(`jobs.none.${state}`) }}
        row={(job) => [
          <code key="kind">{job.kind}</code>,
          number(job.attempts),
          dateTime(job.run_at),
          <span key="error" class="selectable">
            {job.last_error ?? job.unreadable ?? "–"}
          </span>,
          job.state === "dead" ? (
            <button
              key="retry"
              type="button"
              class="button"
              aria-label={t("jobs.retryNamed", { kind: job.kind })}
              onClick={() => void retry(job).catch(toastError)}
            >
              {t("action.retry")}
            </button>
          ) : null,
        ]}
      />
    </>
  );
}
