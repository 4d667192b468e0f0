import { useCallback, useEffect, useRef, useState } from "preact/hooks";

export interface Resource<T> {
  value: T | null;
  error: unknown;
  reload: () => void;
  set: (value: T) => void;
}

/** Something that is read when a component is shown, and again when `key` changes. What comes too late is dropped. */
export function useResource<T>(load: () => Promise<T>, key = ""): Resource<T> {
  const [value, set] = useState<T | null>(null);
  const [error, setError] = useState<unknown>(null);
  const run = useRef(0);
  const reload = useCallback(() => {
    run.current += 1;
    const mine = run.current;
    setError(null);
    load().then(
      (loaded) => mine === run.current && set(loaded),
      (failure) => mine === run.current && setError(failure),
    );
  }, [key]);
  useEffect(() => {
    set(null);
    reload();
    return () => {
      run.current += 1;
    };
  }, [key]);
  return { value, error, reload, set };
}
