import { useLayoutEffect, useRef } from "preact/hooks";
import { paced } from "../../ui/frames";
import { pixelsOf } from "./pixels";

/** What a picture looks like from afar, until it is here. */
export function Placeholder({ hash }: { hash: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => paced(() => paint(canvas.current, hash)), [hash]);
  return (
    <span class="placeholder" aria-hidden="true">
      <canvas ref={canvas} />
    </span>
  );
}

function paint(canvas: HTMLCanvasElement | null, hash: string): void {
  const pixels = pixelsOf(hash);
  if (!canvas || !pixels) return;
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext("2d")?.putImageData(new ImageData(pixels.rgba, pixels.width, pixels.height), 0, 0);
}
