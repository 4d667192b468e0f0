import { useEffect, useState } from "preact/hooks";
import { capabilities } from "../../api/auth";
import type { FileItem } from "../../api/types";
import { t } from "../../i18n";
import { size } from "../../i18n/format";
import { Failure } from "../../ui/problem";
import { Loading } from "../../ui/states";
import { textOf } from "./decode";

/** As much of a text as is read at most: more would make the page slow, and is there to be downloaded. */
const MOST = 512 * 1024;

interface TextViewProps {
  file: FileItem;
  url: string;
  /** Called where it is no text, or where the page may not read it. */
  onBroken: () => void;
}

/** The beginning of a text, as text: nothing in it is ever run. */
export function TextView({ file, url, onBroken }: TextViewProps) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const load = () => {
    setError(null);
    read(file, url).then((found) => (found === null ? onBroken() : setText(found)), setError);
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

/** The beginning of a text; null where it is none, or is out of the page's reach. */
async function read(file: FileItem, url: string): Promise<string | null> {
  const answer = await ask(url);
  if (answer === null) return null;
  // An empty file has no first byte.
  if (answer.status === 416) return "";
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`.trim());
  return textOf(new Uint8Array(await answer.arrayBuffer()), file.content_type, file.size > MOST);
}

/** Null where a store does not answer pages of another origin. Browsers say no more than that there is no answer. */
async function ask(url: string): Promise<Response | null> {
  try {
    // Without credentials: the URL is one, and the store may be of another origin.
    return await fetch(url, { credentials: "omit", headers: { Range: `bytes=0-${MOST - 1}` } });
  } catch {
    // Where the service is away too, that is the reason, and told.
    await capabilities();
    return null;
  }
}
