import { useEffect, useState } from "preact/hooks";
import { inlineUrl } from "../../api/items";
import type { SignedUrl } from "../../api/types";

/** A URL that shows a file in the browser, asked for as soon as it is wanted, and again where it has expired. */
export function useInlineUrl(id: string, wanted: boolean) {
  const [signed, setSigned] = useState<SignedUrl | null>(null);
  const [error, setError] = useState<unknown>(null);
  const renew = () => {
    setError(null);
    inlineUrl(id).then(setSigned, setError);
  };
  const load = () => {
    if (wanted && (signed === null || error !== null)) renew();
  };
  useEffect(load, [id, wanted]);
  return { signed, url: signed?.url ?? null, error, load, renew };
}
