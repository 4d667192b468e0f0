import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FileItem, SignedUrl } from "../../api/types";
import { t } from "../../i18n";
import { Icon } from "../../ui/icon";
import { Failure } from "../../ui/problem";
import { toastError } from "../../ui/toast";
import { Placeholder } from "../files/placeholder";
import { placeholderOf, Thumb } from "../files/thumb";
import { usePreview } from "../files/use-preview";
import { useInlineUrl } from "./inline-url";
import { needsWhole } from "./whole";

/** Milliseconds after which the whole picture is loaded too, if its preview is still not there. */
const WHOLE_AFTER = 5000;

/**
 * A picture that fits the stage; one press shows it in its own size. What is quicker stands in for it: the placeholder, then
 * the preview, which is enough unless it is smaller than what there is room for.
 */
export function Picture({ file, onBroken }: { file: FileItem; onBroken: () => void }) {
  const placeholder = placeholderOf(file);
  const scroller = useRef<HTMLDivElement>(null);
  const preview = usePreview(file.previews?.medium.url ?? null, scroller);
  const [shown, setShown] = useState<"nothing" | "preview" | "whole">("nothing");
  const [wanted, setWanted] = useState(false);
  const [failed, setFailed] = useState<SignedUrl | null>(null);
  const [broken, setBroken] = useState(false);
  const [zoomed, setZoomed] = useState(false);
  const hasPreview = preview.isComing || preview.source !== null;
  const whole = useInlineUrl(file.id, wanted || !hasPreview);
  const isLarge = zoomed && shown === "whole";
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    // From right to left positions are negative.
    const onward = getComputedStyle(element).direction === "rtl" ? -1 : 1;
    element.scrollTo(
      (onward * (element.scrollWidth - element.clientWidth)) / 2,
      (element.scrollHeight - element.clientHeight) / 2,
    );
  }, [isLarge]);
  useEffect(() => {
    if (!preview.isComing) return;
    const timer = setTimeout(() => setWanted(true), WHOLE_AFTER);
    return () => clearTimeout(timer);
  }, [preview.isComing]);
  useEffect(() => {
    if (broken && !hasPreview) onBroken();
  }, [broken, hasPreview]);
  useEffect(() => {
    const error = broken ? new Error(t("viewer.broken")) : whole.error;
    if (!zoomed || error === null) return;
    toastError(error);
    setZoomed(false);
  }, [zoomed, broken, whole.error]);
  const toggle = () => {
    setWanted(true);
    setZoomed(!zoomed);
    if (whole.error !== null) whole.load();
    if (!broken) return;
    setBroken(false);
    whole.renew();
  };
  // The URL may have expired, and the network may have been away: it is loaded once more by another one, then on demand.
  const onWholeError = () => {
    setFailed(whole.signed);
    if (failed === null) whole.renew();
    else setBroken(true);
  };

  if (whole.error !== null && shown === "nothing" && !hasPreview) {
    return <Failure error={whole.error} retry={whole.load} />;
  }
  return (
    <>
      {shown === "nothing" && placeholder === null && <Thumb item={file} large still />}
      <div ref={scroller} class={isLarge ? "picture zoomed" : "picture"} {...(isLarge ? { tabIndex: 0 } : {})}>
        {shown === "nothing" && placeholder !== null && <Placeholder hash={placeholder} />}
        {preview.source !== null && shown !== "whole" && (
          <img
            src={preview.source}
            alt={file.name}
            class={shown === "preview" ? "preview shown" : "preview"}
            onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => {
              setShown((shown) => (shown === "whole" ? shown : "preview"));
              const { clientWidth, clientHeight } = scroller.current ?? document.documentElement;
              const stage = { width: clientWidth, height: clientHeight };
              if (needsWhole({ width, height }, stage, devicePixelRatio)) setWanted(true);
            }}
            onError={preview.onError}
            onDblClick={toggle}
          />
        )}
        {whole.url !== null && whole.signed !== failed && (
          <img
            src={whole.url}
            alt={shown === "preview" ? "" : file.name}
            class={shown === "whole" ? "shown" : ""}
            decoding="sync"
            onLoad={() => setShown("whole")}
            onError={onWholeError}
            onDblClick={toggle}
          />
        )}
      </div>
      <button type="button" class="button zoom" aria-pressed={zoomed} onClick={toggle}>
        <Icon name="zoom-in" size={18} />
        {t("viewer.fullSize")}
      </button>
    </>
  );
}
