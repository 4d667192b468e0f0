import type { RefObject } from "preact";
import { useRef, useState } from "preact/hooks";

export interface Submission {
  ref: RefObject<HTMLFormElement | null>;
  busy: boolean;
  /** Why it was refused the last time, else null. */
  error: unknown;
  onSubmit: (event: Event) => void;
}

/**
 * Sends a form, once at a time. After a refusal the focus goes to the field that is wrong; where it is none, to the element
 * that the selector `otherwise` names, if there is one.
 */
export function useSubmit(run: () => Promise<void>, otherwise?: string): Submission {
  const ref = useRef<HTMLFormElement>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const submit = async () => {
    setBusy(true);
    setError(null);
    try {
      await run();
    } catch (failure) {
      setError(failure);
      requestAnimationFrame(() => {
        const find = (selector: string) => ref.current?.querySelector<HTMLElement>(selector);
        (find('[aria-invalid="true"]') ?? (otherwise ? find(otherwise) : null))?.focus();
      });
    } finally {
      setBusy(false);
    }
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    if (!busy) void submit();
  };
  return { ref, busy, error, onSubmit };
}
