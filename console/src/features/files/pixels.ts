import { thumbHashToRGBA } from "thumbhash";

export interface Pixels {
  width: number;
  height: number;
  rgba: Uint8ClampedArray<ArrayBuffer>;
}

/** The shortest hash there is: the averages and how large the differences are. */
const SHORTEST = 5;

/** The pixels of a ThumbHash in Base64, at most 32 on each side; null of what is none. */
export function pixelsOf(hash: string): Pixels | null {
  const bytes = bytesOf(hash);
  if (bytes === null || bytes.length < SHORTEST) return null;
  const { w: width, h: height, rgba } = thumbHashToRGBA(bytes);
  return width > 0 && height > 0 ? { width, height, rgba: new Uint8ClampedArray(rgba) } : null;
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}
