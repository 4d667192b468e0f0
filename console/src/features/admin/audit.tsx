import { useState } from "preact/hooks";
import * as api from "../../api/admin";
import type { AuditEntry } from "../../api/types";
import { t } from "../../i18n";
import { dateTime } from "../../i18n/format";
import { Field } from "../../ui/field";
import { agentName } from "../settings/agent";
import { actions } from "./actions";
import { Table, usePages } from "./table";

/** What is typed into the form. */
interface Typed {
  account: string;
  since: string;
  until: string;
}

const nothing: Typed = { account: "", since: "", until: "" };

/** What was done, by whom and from where. Actions keep the service's names: they are what one searches logs for. */
export function AuditSection() {
  const [action, setAction] = useState("");
  const [typed, setTyped] = useState(nothing);
  const [asked, setAsked] = useState(nothing);
  const list = usePages<AuditEntry>(JSON.stringify([action, asked]), (cursor) => find(action, asked, cursor));
  const set = (change: Partial<Typed>) => setTyped((before) => ({ ...before, ...change }));
  return (
    <>
      <form
        class="filter"
        role="search"
        aria-label={t("audit.filter")}
        onSubmit={(event) => {
          event.preventDefault();
          const wanted = { ...typed, account: typed.account.trim() };
          // The same again: there may be more by now.
          if (JSON.stringify(wanted) === JSON.stringify(asked)) void list.load();
          else setAsked(wanted);
        }}
      >
        <div class="field">
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
        <Field label={t("audit.whose")} value={typed.account} onValue={(account) => set({ account })} />
        <Field label={t("audit.since")} type="datetime-local" value={typed.since} onValue={(since) => set({ since })} />
        <Field label={t("audit.until")} type="datetime-local" value={typed.until} onValue={(until) => set({ until })} />
        <button type="submit" class="button">
          {t("action.search")}
        </button>
      </form>
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

async function find(action: string, { account, since, until }: Typed, cursor?: string | null) {
  const user = await idOf(account);
  if (user === null) return { items: [] };
  return api.audit({ action, user, since: moment(since), until: moment(until) }, cursor);
}

/** The id of an account that is named by its email address or by its id; null where none has the address. */
async function idOf(account: string): Promise<string | null> {
  if (!account.includes("@")) return account;
  const address = account.toLowerCase();
  const { items } = await api.users(account);
  return items.find(({ email }) => email.toLowerCase() === address)?.id ?? null;
}

/** The moment that a field without a time zone means here. */
const moment = (local: string): string => (local === "" ? "" : new Date(local).toISOString());

/** The end of an id tells it from others; the whole is there to be copied. */
function Id({ id }: { id: string | null | undefined }) {
  if (!id) return <>–</>;
  return (
    <code class="selectable" title={id}>
      …{id.slice(-12)}
    </code>
  );
}
