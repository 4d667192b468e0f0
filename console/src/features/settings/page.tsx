import { useRef, useState } from "preact/hooks";
import * as auth from "../../api/auth";
import type { Session } from "../../api/types";
import { account, leave, loadAccount } from "../../app/session";
import { shortcuts } from "../../app/shortcuts";
import { theme, themes } from "../../app/theme";
import { t } from "../../i18n";
import { dateTime, percent, size } from "../../i18n/format";
import { NewPasswordField, PasswordField } from "../../ui/credentials";
import { confirm, FormDialog, open } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { useKeptFocus } from "../../ui/focus";
import { LanguageSelect } from "../../ui/language";
import { Failure, FormError, faultOf } from "../../ui/problem";
import { useResource } from "../../ui/resource";
import { Bar, Loading } from "../../ui/states";
import { useSubmit } from "../../ui/submit";
import { useTitle } from "../../ui/title";
import { toast } from "../../ui/toast";
import { MakeRoom, NEARLY_FULL, reclaimable } from "../trash/empty";
import { dropUploadsAfter } from "../uploads/start";
import { agentName } from "./agent";

export function SettingsPage() {
  useTitle(t("nav.settings"));
  const [changes, setChanges] = useState(0);
  return (
    <div class="page scrolls">
      <div class="column">
        <h1 tabIndex={-1}>{t("nav.settings")}</h1>
        <StorageCard />
        <Appearance />
        {account.value ? <Profile key={account.value.id} /> : <Loading rows={2} />}
        <Password onChanged={() => setChanges(changes + 1)} />
        <Sessions key={changes} />
        <Removal />
      </div>
    </div>
  );
}

function StorageCard() {
  const storage = account.value?.storage;
  if (!storage) return null;
  const { used_bytes: used, quota_bytes: quota, trash_bytes: trash, version_bytes: versions } = storage;
  const part = quota ? used / quota : 0;
  return (
    <section class="card" aria-labelledby="storage-title">
      <h2 id="storage-title">{t("storage.title")}</h2>
      <p class="large-number">
        {quota
          ? t("storage.of", { used: size(used), quota: size(quota) })
          : t("storage.usedOnly", { used: size(used) })}
      </p>
      {quota ? (
        <Bar
          value={part}
          label={t("storage.used", { part: percent(part) })}
          tone={part > NEARLY_FULL ? "danger" : ""}
        />
      ) : null}
      <dl class="facts inline">
        <div>
          <dt>{t("storage.files")}</dt>
          <dd>{t("count.files", { count: storage.file_count })}</dd>
        </div>
        <div>
          <dt>{t("nav.trash")}</dt>
          <dd>{size(trash)}</dd>
        </div>
        <div>
          <dt>{t("storage.versions")}</dt>
          <dd>{size(versions)}</dd>
        </div>
      </dl>
      <MakeRoom bytes={reclaimable(storage)} />
    </section>
  );
}

function Appearance() {
  return (
    <section class="card" aria-labelledby="appearance-title">
      <h2 id="appearance-title">{t("settings.appearance")}</h2>
      <fieldset class="field">
        <legend>{t("settings.theme")}</legend>
        <div class="choices">
          {themes.map((name) => (
            <label key={name} class="choice">
              <input
                type="radio"
                name="theme"
                checked={theme.value === name}
                onChange={() => {
                  theme.value = name;
                }}
              />
              {t(`theme.${name}`)}
            </label>
          ))}
        </div>
      </fieldset>
      <div class="field">
        <label class="choice">
          <input
            type="checkbox"
            class="check"
            checked={shortcuts.value}
            onChange={(event) => {
              shortcuts.value = event.currentTarget.checked;
            }}
          />
          {t("settings.shortcuts")}
        </label>
      </div>
      <LanguageSelect labelled />
    </section>
  );
}

function Profile() {
  const [name, setName] = useState(account.value?.name ?? "");
  const form = useSubmit(async () => {
    await auth.rename(name.trim() || null);
    await loadAccount();
    toast(t("settings.saved"));
  });
  return (
    <section class="card" aria-labelledby="profile-title">
      <h2 id="profile-title">{t("settings.profile")}</h2>
      <form ref={form.ref} onSubmit={form.onSubmit}>
        <p class="field">
          <span class="field-label">{t("field.email")}</span>
          <span class="selectable">{account.value?.email}</span>
        </p>
        <Field
          label={t("field.name")}
          autocomplete="name"
          value={name}
          onValue={setName}
          error={faultOf(form.error, "name")}
        />
        <FormError error={form.error} told={["name"]} />
        <button type="submit" class="button primary" aria-disabled={form.busy}>
          {t("action.save")}
        </button>
      </form>
    </section>
  );
}

function Password({ onChanged }: { onChanged: () => void }) {
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const form = useSubmit(async () => {
    await auth.changePassword(current, next);
    setCurrent("");
    setNext("");
    onChanged();
    toast(t("password.changed"));
  });
  return (
    <section class="card" aria-labelledby="password-title">
      <h2 id="password-title">{t("password.title")}</h2>
      <p class="muted">{t("password.hint")}</p>
      <form ref={form.ref} onSubmit={form.onSubmit}>
        <input
          type="text"
          class="visually-hidden"
          tabIndex={-1}
          aria-hidden="true"
          autocomplete="username"
          value={account.value?.email ?? ""}
          readOnly
        />
        <PasswordField
          name="current_password"
          label={t("password.current")}
          value={current}
          onValue={setCurrent}
          error={form.error}
        />
        <NewPasswordField
          name="new_password"
          label={t("password.new")}
          value={next}
          onValue={setNext}
          error={form.error}
        />
        <FormError error={form.error} told={["current_password", "new_password"]} />
        <button type="submit" class="button primary" aria-disabled={form.busy}>
          {t("password.submit")}
        </button>
      </form>
    </section>
  );
}

function Sessions() {
  const ref = useRef<HTMLElement>(null);
  useKeptFocus(ref);
  const sessions = useResource(async () => (await auth.sessions()).items);
  const endAll = () =>
    confirm({
      title: t("sessions.endOthers"),
      text: t("sessions.endOthersText"),
      confirm: t("sessions.endOthers"),
      danger: true,
      run: async () => {
        await auth.endOtherSessions();
        sessions.reload();
        toast(t("sessions.othersEnded"));
      },
    });
  return (
    <section ref={ref} class="card" tabIndex={-1} aria-labelledby="sessions-title">
      <h2 id="sessions-title">{t("sessions.title")}</h2>
      {sessions.error !== null && <Failure error={sessions.error} retry={sessions.reload} />}
      {sessions.value === null && sessions.error === null && <Loading rows={3} />}
      <ul class="rows">
        {sessions.value?.map((session) => (
          <SessionRow key={session.id} session={session} onEnded={sessions.reload} />
        ))}
      </ul>
      {(sessions.value?.length ?? 0) > 1 && (
        <button type="button" class="button danger" onClick={endAll}>
          {t("sessions.endOthers")}
        </button>
      )}
    </section>
  );
}

function SessionRow({ session, onEnded }: { session: Session; onEnded: () => void }) {
  const name = agentName(session.user_agent ?? "") ?? t("sessions.unknown");
  const end = () =>
    confirm({
      title: t("sessions.end"),
      text: t("sessions.endText", { name }),
      confirm: t("sessions.end"),
      danger: true,
      run: async () => {
        await auth.endSession(session.id);
        onEnded();
        toast(t("sessions.ended"));
      },
    });
  return (
    <li class="row">
      <span class="row-text">
        <span>
          {name}
          {session.current && <span class="badge">{t("sessions.current")}</span>}
        </span>
        <span class="muted">
          {t("sessions.seen", { date: dateTime(session.last_seen_at) })}
          {session.ip && ` · ${session.ip}`}
        </span>
      </span>
      {!session.current && (
        <button type="button" class="button" aria-label={t("sessions.endNamed", { name })} onClick={end}>
          {t("sessions.end")}
        </button>
      )}
    </li>
  );
}

function Removal() {
  return (
    <section class="card" aria-labelledby="removal-title">
      <h2 id="removal-title">{t("removal.title")}</h2>
      <p class="muted">{t("removal.text")}</p>
      <button type="button" class="button danger" onClick={() => open((close) => <RemovalDialog close={close} />)}>
        {t("removal.title")}
      </button>
    </section>
  );
}

function RemovalDialog({ close }: { close: () => void }) {
  const [password, setPassword] = useState("");
  return (
    <FormDialog
      title={t("removal.title")}
      text={t("removal.warning")}
      submit={t("removal.confirm")}
      danger
      onClose={close}
      onSubmit={async () => {
        await dropUploadsAfter(() => auth.removeAccount(password));
        leave();
      }}
    >
      <PasswordField value={password} onValue={setPassword} />
    </FormDialog>
  );
}
