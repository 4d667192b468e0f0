import type { RefObject, VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { ListedItem } from "../../api/types";
import { Icon } from "../../ui/icon";
import { iconOf, kindOf } from "./kinds";
import { Placeholder } from "./placeholder";
import { usePreview } from "./use-preview";

interface ThumbProps {
  item: ListedItem;
  /** For a tile, by its preview. */
  large?: boolean;
  /** By its thumbnail, for its preview is asked for elsewhere. */
  still?: boolean;
}

/** The picture of an item: its preview or its thumbnail where there is one, else the sign of its kind. */
export function Thumb({ item, large = false, still = false }: ThumbProps) {
  const kind = kindOf(item);
  const preview = large && !still ? previewOf(item) : null;
  const place = useRef<HTMLSpanElement>(null);
  return (
    <span ref={place} class={`thumb ${large ? "large" : ""} kind-${kind}`}>
      <Picture
        key={preview}
        place={place}
        preview={preview}
        thumbnail={thumbnailOf(item)}
        placeholder={placeholderOf(item)}
        instead={<Icon name={iconOf(kind)} size={large ? 48 : 22} />}
      />
    </span>
  );
}

interface PictureProps {
  place: RefObject<Element | null>;
  preview: string | null;
  thumbnail: string | null;
  placeholder: string | null;
  instead: VNode;
}

/** The best that there is: the preview, until then the placeholder or the thumbnail, and where there is none the thumbnail. */
function Picture({ place, preview: url, thumbnail, placeholder, instead }: PictureProps) {
  const preview = usePreview(url, place);
  const [loaded, setLoaded] = useState(false);
  const [failed, setFailed] = useState<string | null>(null);
  const isWaiting = preview.isComing && placeholder !== null;
  const source = preview.source ?? (isWaiting || thumbnail === failed ? null : thumbnail);
  if (source === null && placeholder === null) return instead;
  return (
    <>
      {placeholder !== null && !(loaded && source) && <Placeholder hash={placeholder} />}
      {source !== null && (
        <img
          src={source}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          class={loaded ? "shown" : ""}
          onLoad={() => setLoaded(true)}
          onError={() => {
            setLoaded(false);
            if (source === preview.source) preview.onError();
            else setFailed(source);
          }}
        />
      )}
    </>
  );
}

export function thumbnailOf(item: ListedItem): string | null {
  if (!("thumbnail" in item) || item.thumbnail.status !== "ready") return null;
  return item.thumbnail.url ?? null;
}

const previewOf = (item: ListedItem): string | null => ("previews" in item && item.previews?.small.url) || null;

export const placeholderOf = (item: ListedItem): string | null => ("placeholder" in item && item.placeholder) || null;
