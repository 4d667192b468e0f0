/** The file can't be read any more. */
export class LostError extends Error {}

/** Whether a file can be read still: one that was changed, moved or unplugged since it was chosen can't. */
export async function isReadable(file: Blob): Promise<boolean> {
  try {
    await file.slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
