/** Milliseconds of a frame that such work may take, so that a fast scroll stays smooth. */
const BUDGET = 4;

let spent = 0;

/** Does small work at once, or in one of the next frames when this one has seen enough of it. The returned function gives it up. */
export function paced(work: () => void): () => void {
  let frame: number | null = null;
  const attempt = () => {
    if (spent >= BUDGET) {
      frame = requestAnimationFrame(attempt);
      return;
    }
    // Asked for first, it comes before what waits for the next frame.
    if (spent === 0) {
      requestAnimationFrame(() => {
        spent = 0;
      });
    }
    const began = performance.now();
    work();
    spent += performance.now() - began;
  };
  attempt();
  return () => {
    if (frame !== null) cancelAnimationFrame(frame);
  };
}
