import { useState } from "preact/hooks";
import * as api from "../../api/admin";
import type { AuditEntry } from "../../api/types";
import { t } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { agentName } from "../settings/agent";
import { Table, usePages } from "./table";

const actions = [
  "account.registered",
  "account.renamed",
  "account.suspended",
  "account.resumed",
  "account.promoted",
  "account.demoted",
  "account.quota_changed",
  "password.changed",
  "password.reset",
  "password.refused",
  "session.created",
  "session.revoked",
  "sessions.revoked",
  "session.refresh_reused",
  "login.failed",
  "file.uploaded",
  "file.replaced",
  "file.renamed",
  "file.removed",
  "link.created",
];

/** What was done, by whom and from where. Actions keep the service's names: they are what one searches logs for. */
export function AuditSection() {
  const [action, setAction] = useState("");
  const list = usePages<AuditEntry>(action, (cursor) => api.audit(action, cursor));
  return (
    <>
      <div class="filter field">
        <label for="audit-action">{t("audit.action")}</label>
        <select
          id="audit-action"
          class="input select"
          value={action}
          onChange={(event) => setAction(event.currentTarget.value)}
        >
          <option value="">{t("audit.all")}</option>
          {actions.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <Table
        caption={t("admin.audit")}
        list={list}
        heads={[t("audit.at"), t("audit.action"), t("audit.account"), t("audit.actor"), t("audit.from")]}
        empty={{ icon: "history", title: t("audit.none") }}
        row={(entry) => [
          dateTime(entry.at),
          <code key="action">{entry.action}</code>,
          <Id key="account" id={entry.account} />,
          <Id key="actor" id={entry.actor} />,
          <span key="from" class="row-text">
            <span>{entry.ip ?? "–"}</span>
            {entry.user_agent && <span class="muted">{agentName(entry.user_agent)}</span>}
          </span>,
        ]}
      />
    </>
  );
}

/** The end of an id tells it from others; the whole is there to be copied. */
function Id({ id }: { id: string | null | undefined }) {
  if (!id) return <>–</>;
  return (
    <code class="selectable" title={id}>
      …{id.slice(-12)}
    </code>
  );
}
