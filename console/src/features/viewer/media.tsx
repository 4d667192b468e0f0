import { useMemo, useRef } from "preact/hooks";
import type { FileItem } from "../../api/types";
import { Failure } from "../../ui/problem";
import { Loading } from "../../ui/states";
import { useInlineUrl } from "./inline-url";

/** Milliseconds after which a URL that worked may have expired: one that fails earlier is not to blame. */
const FRESH = 60_000;

interface MediaProps {
  file: FileItem;
  kind: "video" | "audio";
  onBroken: () => void;
}

/** Sound or film. Its URL expires: what takes longer goes on with another one, where it was. */
export function Media({ file, kind, onBroken }: MediaProps) {
  const { url, error, load, renew } = useInlineUrl(file.id, true);
  const given = useMemo(() => Date.now(), [url]);
  const left = useRef({ at: 0, isPlaying: false });
  if (error !== null) return <Failure error={error} retry={load} />;
  if (url === null) return <Loading rows={1} />;
  const onError = (event: Event) => {
    if (Date.now() - given < FRESH) return onBroken();
    const { currentTime, paused } = event.currentTarget as HTMLMediaElement;
    left.current = { at: currentTime, isPlaying: !paused };
    renew();
  };
  const onLoadedMetadata = (event: Event) => {
    const media = event.currentTarget as HTMLMediaElement;
    const { at, isPlaying } = left.current;
    if (at > 0) media.currentTime = at;
    if (isPlaying) media.play().catch(() => undefined);
  };
  const shared = {
    src: url,
    controls: true,
    preload: "metadata" as const,
    "aria-label": file.name,
    onError,
    onLoadedMetadata,
  };
  return kind === "video" ? <video class="media" playsInline {...shared} /> : <audio {...shared} />;
}
