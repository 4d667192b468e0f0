import { useEffect, useState } from "preact/hooks";
import { inlineUrl } from "../../api/items";

/** A URL that shows a file in the browser, asked for as soon as it is wanted, and again where it has expired. */
export function useInlineUrl(id: string, wanted: boolean) {
  const [url, setUrl] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const renew = () => {
    setError(null);
    inlineUrl(id).then((signed) => setUrl(signed.url), setError);
  };
  const load = () => {
    if (wanted && (url === null || error !== null)) renew();
  };
  useEffect(load, [id, wanted]);
  return { url, error, load, renew };
}
