import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import * as auth from "../../api/auth";
import { go, href } from "../../app/router";
import { hasEnded, loadAccount } from "../../app/session";
import { t } from "../../i18n";
import { EmailField, NewPasswordField, PasswordField } from "../../ui/credentials";
import { Field } from "../../ui/field";
import { LanguageSelect } from "../../ui/language";
import { Logo } from "../../ui/logo";
import { FormError, faultOf } from "../../ui/problem";
import { type Submission, useSubmit } from "../../ui/submit";
import { useTitle } from "../../ui/title";

interface DoorProps {
  title: string;
  submit: string;
  form: Submission;
  children: ComponentChildren;
  foot: ComponentChildren;
}

/** The frame of both forms. */
function Door({ title, submit, form, children, foot }: DoorProps) {
  useTitle(title);
  useEffect(() => form.ref.current?.querySelector("input")?.focus(), []);
  return (
    <main class="door" id="main">
      <div class="door-card">
        <Logo />
        <h1 tabIndex={-1}>{title}</h1>
        <form ref={form.ref} onSubmit={form.onSubmit}>
          <FormError error={form.error} told={["name", "email", "password"]} />
          {children}
          <button type="submit" class="button primary wide" aria-disabled={form.busy}>
            {form.busy ? t("state.wait") : submit}
          </button>
        </form>
        <p class="door-foot">{foot}</p>
      </div>
      <LanguageSelect />
    </main>
  );
}

async function enter(next: string | null): Promise<void> {
  await loadAccount();
  if (next !== null) go(next, { replace: true });
  else go({ page: "files", folder: "root" }, { replace: true });
}

export function LoginPage({ next }: { next: string | null }) {
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [open, setOpen] = useState(false);
  const form = useSubmit(async () => {
    await auth.logIn({ email, password });
    await enter(next);
  }, "input");
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
      form={form}
      foot={
        open && (
          <>
            {t("login.noAccount")} <a href={href({ page: "register", next })}>{t("register.title")}</a>
          </>
        )
      }
    >
      {hasEnded.value && (
        <p class="field muted" role="alert">
          {t("login.ended")}
        </p>
      )}
      <EmailField value={email} onValue={setEmail} error={form.error} autofocus />
      <PasswordField value={password} onValue={setPassword} error={form.error} />
    </Door>
  );
}

export function RegisterPage({ next }: { next: string | null }) {
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const form = useSubmit(async () => {
    await auth.register({ email, password, ...(name.trim() ? { name: name.trim() } : {}) });
    await auth.logIn({ email, password });
    await enter(next);
  }, "input");
  return (
    <Door
      title={t("register.title")}
      submit={t("register.submit")}
      form={form}
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
        error={faultOf(form.error, "name")}
      />
      <EmailField value={email} onValue={setEmail} error={form.error} />
      <NewPasswordField value={password} onValue={setPassword} error={form.error} />
    </Door>
  );
}
