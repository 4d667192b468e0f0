import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { previews } from "./previews";

/** Milliseconds for which a place stays before its preview is asked for, so that what is scrolled past is not. */
const ASK_AFTER = 100;

export interface Preview {
  /** Where it is, once it is there. */
  source: string | null;
  /** Whether it may still come. */
  isComing: boolean;
  /** To be called when it can't be loaded. */
  onError: () => void;
}

/** Pixels between an element and what is visible. */
function distanceOf(element: Element | null): number {
  const { top, bottom } = (element ?? document.documentElement).getBoundingClientRect();
  return Math.max(0, -bottom, top - innerHeight);
}

/** The preview at `url` for this place. The URL stays the same as long as the component lives. */
export function usePreview(url: string | null, place: RefObject<Element | null>): Preview {
  const [state, setState] = useState<"ready" | "none" | "later">(() =>
    url === null ? "none" : previews.isKnown(url) ? "ready" : "later",
  );
  const [failures, setFailures] = useState(0);
  useEffect(() => {
    if (url === null || state !== "later") return;
    const leaving = new AbortController();
    const timer = setTimeout(async () => {
      const distance = () => distanceOf(place.current);
      const isThere = await previews.wait({ url, signal: leaving.signal, distance });
      if (!leaving.signal.aborted) setState(isThere ? "ready" : "none");
    }, ASK_AFTER);
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [url, failures]);
  return {
    source: state === "ready" ? url : null,
    isComing: state === "later",
    // A picture is loaded without renewing the session: asking again does that.
    onError: () => {
      if (url !== null) previews.forget(url);
      setFailures(failures + 1);
      setState(failures === 0 ? "later" : "none");
    },
  };
}
