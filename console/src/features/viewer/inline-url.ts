import { useEffect, useState } from "preact/hooks";
import { inlineUrl } from "../../api/items";

/** A URL that shows a file in the browser, asked for as soon as it is wanted. */
export function useInlineUrl(id: string, wanted: boolean) {
  const [url, setUrl] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    setError(null);
    if (wanted && url === null) inlineUrl(id).then((signed) => setUrl(signed.url), setError);
  };
  useEffect(load, [id, wanted]);
  return { url, error, load };
}
