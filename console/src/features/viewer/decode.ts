/**
 * The text in the bytes of a file of this media type, or in its beginning where more follows; null where the bytes are none.
 * A character that the end cuts in two is left out.
 */
export function textOf(bytes: Uint8Array, type: string, isCut: boolean): string | null {
  const decoder = decoderOf(bytes, type, isCut);
  if (!decoder.encoding.startsWith("utf-16") && bytes.includes(0)) return null;
  return decoder.decode(bytes, { stream: isCut });
}

function decoderOf(bytes: Uint8Array, type: string, isCut: boolean): TextDecoder {
  // The mark of UTF-16 tells the order of its bytes, which the name does not.
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be");
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le");
  return told(type) ?? new TextDecoder(isUtf8(bytes, isCut) ? "utf-8" : "windows-1252");
}

/** By the charset that the service tells, if the browser knows it. */
function told(type: string): TextDecoder | null {
  const name = /charset="?([\w.:-]+)/i.exec(type)?.[1];
  try {
    return name === undefined ? null : new TextDecoder(name);
  } catch {
    return null;
  }
}

function isUtf8(bytes: Uint8Array, isCut: boolean): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: isCut });
    return true;
  } catch {
    return false;
  }
}
