import { useRef, useState } from "preact/hooks";
import type { FileItem } from "../../api/types";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { Thumb } from "../files/thumb";

/** A picture that fits the stage; one press shows it in its own size. Its thumbnail stands in until it is here. */
export function Picture({ file, url, onBroken }: { file: FileItem; url: string; onBroken: () => void }) {
  const [loaded, setLoaded] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  const scroller = useRef<HTMLDivElement>(null);
  const toggle = () => {
    setZoomed(!zoomed);
    requestAnimationFrame(() => {
      const element = scroller.current;
      if (!element) return;
      element.scrollTo(
        (element.scrollWidth - element.clientWidth) / 2,
        (element.scrollHeight - element.clientHeight) / 2,
      );
    });
  };
  return (
    <>
      {!loaded && <Thumb item={file} large />}
      <div ref={scroller} class={zoomed ? "picture zoomed" : "picture"} {...(zoomed ? { tabIndex: 0 } : {})}>
        <img
          src={url}
          alt={file.name}
          class={loaded ? "shown" : ""}
          onLoad={() => setLoaded(true)}
          onError={onBroken}
          onDblClick={toggle}
        />
      </div>
      <button type="button" class="button zoom" aria-pressed={zoomed} onClick={toggle}>
        <Icon name="zoom-in" size={18} />
        {t("viewer.fullSize")}
      </button>
    </>
  );
}
