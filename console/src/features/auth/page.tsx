import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import * as auth from "../../api/auth";
import { ApiError } from "../../api/client";
import { go, href } from "../../app/router";
import { loadAccount } from "../../app/session";
import { t } from "../../i18n";
import { Field } from "../../ui/field";
import { LanguageSelect } from "../../ui/language";
import { Logo } from "../../ui/logo";
import { FormError } from "../../ui/problem";
import { useTitle } from "../../ui/title";

const PASSWORD = { least: 8, most: 128 };

interface DoorProps {
  title: string;
  submit: string;
  onSubmit: () => Promise<void>;
  error: unknown;
  setError: (error: unknown) => void;
  children: ComponentChildren;
  foot: ComponentChildren;
}

/** The frame of both forms. After a refusal the focus goes to what is wrong. */
function Door({ title, submit, onSubmit, error, setError, children, foot }: DoorProps) {
  const [busy, setBusy] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  useTitle(title);
  useEffect(() => form.current?.querySelector("input")?.focus(), []);
  const send = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    setError(null);
    try {
      await onSubmit();
    } catch (failure) {
      setError(failure);
      setBusy(false);
      requestAnimationFrame(() => {
        const invalid = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
        (invalid ?? form.current?.querySelector("input"))?.focus();
      });
    }
  };
  const general = error instanceof ApiError && error.problem.errors?.length ? null : error;
  return (
    <main class="door" id="main">
      <div class="door-card">
        <Logo />
        <h1 tabIndex={-1}>{title}</h1>
        <form ref={form} onSubmit={(event) => void send(event)}>
          <FormError error={general} />
          {children}
          <button type="submit" class="button primary wide" aria-disabled={busy}>
            {busy ? t("state.wait") : submit}
          </button>
        </form>
        <p class="door-foot">{foot}</p>
      </div>
      <LanguageSelect />
    </main>
  );
}

/** What the service says is wrong with one field. */
function faultOf(error: unknown, field: string): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.problem.errors?.find(({ pointer }) => pointer === `/${field}`)?.detail;
}

async function enter(next: string | null): Promise<void> {
  await loadAccount();
  if (next !== null) go(next, { replace: true });
  else go({ page: "files", folder: "root" }, { replace: true });
}

export function LoginPage({ next }: { next: string | null }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>(null);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    auth.capabilities().then(
      (capabilities) => setOpen(capabilities.registration_open),
      () => undefined,
    );
  }, []);
  return (
    <Door
      title={t("login.title")}
      submit={t("login.submit")}
      error={error}
      setError={setError}
      onSubmit={async () => {
        await auth.logIn({ email, password });
        await enter(next);
      }}
      foot={
        open && (
          <>
            {t("login.noAccount")} <a href={href({ page: "register", next })}>{t("register.title")}</a>
          </>
        )
      }
    >
      <Field
        label={t("field.email")}
        type="email"
        autocomplete="username"
        value={email}
        onValue={setEmail}
        required
        autofocus
        error={faultOf(error, "email")}
      />
      <Field
        label={t("field.password")}
        type="password"
        autocomplete="current-password"
        value={password}
        onValue={setPassword}
        required
        error={faultOf(error, "password")}
      />
    </Door>
  );
}

export function RegisterPage({ next }: { next: string | null }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<unknown>(null);
  return (
    <Door
      title={t("register.title")}
      submit={t("register.submit")}
      error={error}
      setError={setError}
      onSubmit={async () => {
        await auth.register({ email, password, ...(name.trim() ? { name: name.trim() } : {}) });
        await auth.logIn({ email, password });
        await enter(next);
      }}
      foot={
        <>
          {t("register.haveAccount")} <a href={href({ page: "login", next })}>{t("login.title")}</a>
        </>
      }
    >
      <Field
        label={t("field.nameOptional")}
        autocomplete="name"
        value={name}
        onValue={setName}
        autofocus
        error={faultOf(error, "name")}
      />
      <Field
        label={t("field.email")}
        type="email"
        autocomplete="username"
        value={email}
        onValue={setEmail}
        required
        error={faultOf(error, "email")}
      />
      <Field
        label={t("field.password")}
        type="password"
        autocomplete="new-password"
        value={password}
        onValue={setPassword}
        required
        minLength={PASSWORD.least}
        maxLength={PASSWORD.most}
        hint={t("field.passwordHint", { least: PASSWORD.least })}
        error={faultOf(error, "password")}
      />
    </Door>
  );
}
