import { useEffect, useState } from "preact/hooks";
import type { FileItem } from "../../api/types";
import { t } from "../../i18n";
import { size } from "../../i18n/format";
import { Failure } from "../../ui/problem";
import { Loading } from "../../ui/states";

/** As much of a text as is read at most: more would make the page slow, and is there to be downloaded. */
const MOST = 512 * 1024;

/** The beginning of a text, as text: nothing in it is ever run. */
export function TextView({ file, url }: { file: FileItem; url: string }) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    setError(null);
    // Without credentials: the URL is one, and the store may be of another origin.
    const request = fetch(url, { credentials: "omit", headers: { Range: `bytes=0-${MOST - 1}` } });
    request
      .then(async (answer) => {
        // An empty file has no first byte.
        if (answer.status === 416) return "";
        if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
        return new TextDecoder(charsetOf(file.content_type)).decode(await answer.arrayBuffer());
      })
      .then(setText, setError);
  };
  useEffect(load, [url]);
  if (error !== null) return <Failure error={error} retry={load} />;
  if (text === null) return <Loading rows={1} />;
  return (
    <div class="document">
      {file.size > MOST && (
        <p class="banner" role="note">
          {t("viewer.cut", { size: size(MOST) })}
        </p>
      )}
      <pre class="text-view selectable" tabIndex={0} dir="auto">
        {text}
      </pre>
    </div>
  );
}

/** The charset that the service tells, if the browser knows it. */
function charsetOf(type: string): string {
  const name = /charset="?([\w.:-]+)/i.exec(type)?.[1] ?? "utf-8";
  try {
    return new TextDecoder(name).encoding;
  } catch {
    return "utf-8";
  }
}
