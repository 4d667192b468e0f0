import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { ListedItem } from "../../api/types";
import { Icon } from "../../ui/icon";
import { iconOf, kindOf } from "./kinds";

/** The picture of an item: its thumbnail where there is one, else the sign of its kind. */
export function Thumb({ item, large = false }: { item: ListedItem; large?: boolean }) {
  const kind = kindOf(item);
  const source = thumbnailOf(item);
  const sign = <Icon name={iconOf(kind)} size={large ? 48 : 22} />;
  return (
    <span class={`thumb ${large ? "large" : ""} kind-${kind}`}>
      {source ? <Picture key={source} source={source} instead={sign} /> : sign}
    </span>
  );
}

/** A picture, or what is shown when it can't be loaded. */
function Picture({ source, instead }: { source: string; instead: VNode }) {
  const [state, setState] = useState<"loading" | "loaded" | "failed">("loading");
  if (state === "failed") return instead;
  return (
    <img
      src={source}
      alt=""
      loading="lazy"
      decoding="async"
      draggable={false}
      class={state === "loaded" ? "shown" : ""}
      onLoad={() => setState("loaded")}
      onError={() => setState("failed")}
    />
  );
}

export function thumbnailOf(item: ListedItem): string | null {
  if (!("thumbnail" in item) || item.thumbnail.status !== "ready") return null;
  return item.thumbnail.url ?? null;
}
