import { t } from "../i18n";
import { Field } from "./field";
import { faultOf } from "./problem";

/** As many characters as the service takes at least. What is longer than it takes is refused there: a field would cut it off unseen. */
const LEAST = 8;

interface CredentialProps {
  value: string;
  onValue: (value: string) => void;
  /** Why the form was refused, if it was: what is wrong with this field is told at it. */
  error?: unknown;
  /** The field of the request that it fills. */
  name?: string;
  label?: string;
}

/** The address that an account is known by. */
export function EmailField({ error, autofocus = false, ...input }: CredentialProps & { autofocus?: boolean }) {
  return (
    <Field
      {...input}
      label={t("field.email")}
      type="email"
      autocomplete="username"
      required
      autofocus={autofocus}
      error={faultOf(error, "email")}
    />
  );
}

/** The password of an account that is there. */
export function PasswordField({ error, name = "password", label = t("field.password"), ...input }: CredentialProps) {
  return (
    <Field
      {...input}
      label={label}
      type="password"
      autocomplete="current-password"
      required
      error={faultOf(error, name)}
    />
  );
}

/** A password that is to be one. */
export function NewPasswordField({ error, name = "password", label = t("field.password"), ...input }: CredentialProps) {
  return (
    <Field
      {...input}
      label={label}
      type="password"
      autocomplete="new-password"
      required
      minLength={LEAST}
      hint={t("field.passwordHint", { least: LEAST })}
      error={faultOf(error, name)}
    />
  );
}
