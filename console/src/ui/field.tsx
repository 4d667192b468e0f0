import type { InputHTMLAttributes } from "preact";
import { useId } from "preact/hooks";

interface FieldProps {
  label: string;
  value: string;
  onValue: (value: string) => void;
  type?: "text" | "email" | "password" | "number" | "search" | "datetime-local";
  autocomplete?: string;
  required?: boolean;
  minLength?: number;
  maxLength?: number;
  min?: number;
  hint?: string;
  /** What is wrong with it. */
  error?: string | undefined;
  autofocus?: boolean;
  inputRef?: InputHTMLAttributes<HTMLInputElement>["ref"];
  onFocus?: (input: HTMLInputElement) => void;
  spellcheck?: boolean;
}

/** The types of the DOM tell each kind of input apart: a union of them is none of them. */
const typeOf = (type: string): { type: "text" } => ({ type }) as { type: "text" };

/** A labelled input, with what helps to fill it in and what is wrong with it tied to it. */
export function Field(props: FieldProps) {
  const id = useId();
  const notes = [props.hint ? `${id}-hint` : "", props.error ? `${id}-error` : ""].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <input
        id={id}
        class="input"
        {...typeOf(props.type ?? "text")}
        value={props.value}
        onInput={(event) => props.onValue(event.currentTarget.value)}
        onFocus={(event) => props.onFocus?.(event.currentTarget)}
        autocomplete={props.autocomplete ?? "off"}
        required={props.required ?? false}
        spellcheck={props.spellcheck ?? false}
        {...(props.minLength ? { minLength: props.minLength } : {})}
        {...(props.min === undefined ? {} : { min: props.min, step: "any" })}
        {...(props.maxLength ? { maxLength: props.maxLength } : {})}
        {...(notes ? { "aria-describedby": notes } : {})}
        {...(props.error ? { "aria-invalid": "true" as const } : {})}
        {...(props.autofocus ? { autofocus: true } : {})}
        {...(props.inputRef ? { ref: props.inputRef } : {})}
      />
      {props.hint && (
        <p id={`${id}-hint`} class="field-hint">
          {props.hint}
        </p>
      )}
      {props.error && (
        <p id={`${id}-error`} class="field-error">
          {props.error}
        </p>
      )}
    </div>
  );
}
