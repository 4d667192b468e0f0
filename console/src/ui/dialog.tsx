import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../i18n";
import { focusMain } from "./focus";
import { Icon } from "./icon";
import { FormError } from "./problem";
import { useSubmit } from "./submit";

interface DialogProps {
  title: string;
  /** What is asked, or what has to be known before: readers of the screen hear it with the title. */
  text?: string;
  onClose: () => void;
  children: ComponentChildren;
  size?: "small" | "large";
}

/** A modal dialog of the platform. The focus goes back to where it was, or else to the page's main part. */
export function Dialog({ title, text, onClose, children, size = "small" }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const isPressed = useRef(false);
  useLayoutEffect(() => {
    const dialog = ref.current;
    const opener = document.activeElement;
    dialog?.showModal();
    // What is asked for comes first; without a field it is the question itself.
    if (!dialog?.querySelector("[autofocus]")) dialog?.querySelector("h2")?.focus();
    return () => {
      dialog?.close();
      queueMicrotask(() => {
        if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus();
        if (document.activeElement === null || document.activeElement === document.body) focusMain();
      });
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog ${size}`}
      aria-labelledby={heading}
      {...(text === undefined ? {} : { "aria-describedby": `${heading}-text` })}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => {
        isPressed.current = event.target === event.currentTarget;
      }}
      onClick={(event) => {
        // A press beside it closes it where it ends there too: one that began in a field may end anywhere.
        if (isPressed.current && event.target === event.currentTarget) onClose();
      }}
      onKeyDown={(event) => event.stopPropagation()}
    >
      <div class="dialog-body">
        <div class="dialog-head">
          <h2 id={heading} tabIndex={-1}>
            {title}
          </h2>
          <button type="button" class="icon-button" aria-label={t("action.close")} onClick={onClose}>
            <Icon name="close" />
          </button>
        </div>
        {text !== undefined && <p id={`${heading}-text`}>{text}</p>}
        {children}
      </div>
    </dialog>
  );
}

const opened = signal<readonly { id: number; content: () => ComponentChildren }[]>([]);
let count = 0;

/** Shows a dialog above the page; the returned function takes it away. */
export function open(content: (close: () => void) => ComponentChildren): () => void {
  count += 1;
  const id = count;
  const close = () => {
    opened.value = opened.value.filter((dialog) => dialog.id !== id);
  };
  opened.value = [...opened.value, { id, content: () => content(close) }];
  return close;
}

export function closeAll(): void {
  opened.value = [];
}

export function Dialogs() {
  return (
    <>
      {opened.value.map((dialog) => (
        <Content key={dialog.id} content={dialog.content} />
      ))}
    </>
  );
}

const Content = ({ content }: { content: () => ComponentChildren }) => <>{content()}</>;

interface Question {
  title: string;
  text: string;
  confirm: string;
  danger?: boolean;
  /** The dialog stays, and says why, when this fails. */
  run: () => Promise<void>;
}

/** Asks before something is done that can't be undone. */
export function confirm(question: Question): void {
  open((close) => (
    <FormDialog
      title={question.title}
      text={question.text}
      submit={question.confirm}
      danger={question.danger ?? false}
      onClose={close}
      onSubmit={async () => {
        await question.run();
        close();
      }}
    />
  ));
}

interface FormDialogProps {
  title: string;
  text?: string;
  submit: string;
  danger?: boolean;
  onClose: () => void;
  onSubmit: () => Promise<void>;
  children?: ComponentChildren;
}

/** A dialog with a form: while it is sent nothing is sent again, and a failure is told in it. */
export function FormDialog({ submit, danger, onSubmit, children, ...dialog }: FormDialogProps) {
  const form = useSubmit(onSubmit);
  return (
    <Dialog {...dialog}>
      <form ref={form.ref} onSubmit={form.onSubmit}>
        {children}
        <FormError error={form.error} />
        <div class="dialog-foot">
          <button type="button" class="button" onClick={dialog.onClose}>
            {t("action.cancel")}
          </button>
          <button type="submit" class={danger ? "button danger" : "button primary"} aria-disabled={form.busy}>
            {submit}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
