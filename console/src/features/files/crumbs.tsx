import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { href } from "../../app/router";
import { ROOT } from "../../app/routes";
import { t } from "../../i18n";
import { focusIsLost, useFocusInside } from "../../ui/focus";
import { accept, fits } from "./drag";
import { dropInto } from "./drop";
import type { Place } from "./told";

/** The way from the root to a folder; entries can be dropped on each of its parts. */
export function Crumbs({ folder, here }: { folder: string; here: Place | null }) {
  const root = { id: ROOT, name: t("files.root") };
  const between = (here?.ancestors ?? []).slice(1);
  const trail = folder === ROOT || !here || here.parent_id === null ? [root] : [root, ...between, here];
  const ref = useRef<HTMLElement>(null);
  const inside = useFocusInside(ref);
  useLayoutEffect(() => {
    // The heading is another one once the way to it is known.
    if (inside.current && focusIsLost()) ref.current?.querySelector("h1")?.focus();
  });
  return (
    <nav ref={ref} class="crumbs" aria-label={t("files.path")}>
      <ol>
        {trail.map((place, index) => {
          const last = index === trail.length - 1;
          return (
            <li key={place.id}>
              {last ? (
                <h1 tabIndex={-1} aria-current="location">
                  {place.name}
                </h1>
              ) : (
                <Crumb id={place.id} name={place.name} />
              )}
            </li>
          );
        })}
      </ol>
    </nav>
  );
}

function Crumb({ id, name }: { id: string; name: string }) {
  const [over, setOver] = useState(false);
  return (
    <a
      class={over ? "crumb target" : "crumb"}
      href={href({ page: "files", folder: id })}
      onDragOver={(event) => {
        if (!fits(event, id)) return;
        accept(event);
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        if (!fits(event, id)) return;
        event.preventDefault();
        event.stopPropagation();
        void dropInto(event, { id, name });
      }}
    >
      {name}
    </a>
  );
}
