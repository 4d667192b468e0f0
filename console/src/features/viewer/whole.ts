/** Pixels, or pixels of the page. */
export interface Size {
  width: number;
  height: number;
}

/** Pixels on the longer side of a `medium` preview, unless the picture has fewer. */
const MEDIUM = 1024;
/** How many pixels of a screen one of a preview may cover until that is seen. */
const COARSE = 1.5;

/**
 * Whether the picture itself is to be shown, and not its preview, which is stretched to a stage of this size on a screen of so
 * many pixels to one of the page: it is no larger than the preview, or the preview would look coarse.
 */
export function needsWhole(preview: Size, stage: Size, density: number): boolean {
  if (Math.max(preview.width, preview.height) < MEDIUM) return true;
  const scale = Math.min(stage.width / preview.width, stage.height / preview.height);
  return scale * density > COARSE;
}
