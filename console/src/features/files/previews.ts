import { ApiError, discard, NetworkError, send } from "../../api/client";
import { pause } from "../../api/pause";
import { isPassing } from "../uploads/patience";
import { uploads } from "../uploads/running";

/** What the service says of a preview: it is there, there is none, or it is not there yet. */
export type Answer = "ready" | "none" | NotYet;

interface NotYet {
  /** Seconds after which the service wants to be asked again, at the earliest. */
  retryAfter: number;
}

/** Asks for a preview; the answer may be held for so many seconds until it is there. */
type Ask = (url: string, waitSeconds: number, signal: AbortSignal) => Promise<Answer>;

/** Seconds for which the service may hold an answer. */
const WAIT_SECONDS = 10;
/**
 * Requests at a time, for some are held, and over HTTP/1.1 browsers have six connections to a service: four are taken while
 * files are sent, and lists need one.
 */
const AT_A_TIME = { usually: 2, uploading: 1 };
/** Milliseconds between an answer and the next question: at first, doubled each time, up to the longest. */
const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 8000;
/** Milliseconds after the first question for a preview when it is given up, if it is still not there. */
const GIVE_UP_AFTER = 60_000;
/** How many previews are remembered to be there, so that they are shown at once when their tiles come back. */
const MOST_REMEMBERED = 2000;

export interface Wanted {
  url: string;
  /** Aborted when it is wanted no more. */
  signal: AbortSignal;
  /** How far it is from what is visible. */
  distance: () => number;
}

interface Waiting extends Wanted {
  questions: number;
  /** When it is given up; known once there was a first question. */
  deadline: number;
  done: (isThere: boolean) => void;
}

/** Asks for previews a few at a time: for those that are visible in the order in which they are wanted, then for those near them. */
export class PreviewQueue {
  readonly #waiting: Waiting[] = [];
  readonly #known = new Set<string>();
  #running = 0;
  #held = 0;
  readonly #ask: Ask;
  readonly #limit: () => number;

  constructor(ask: Ask, limit: () => number) {
    this.#ask = ask;
    this.#limit = limit;
  }

  /** Whether it was there when it was last asked for. */
  isKnown(url: string): boolean {
    return this.#known.has(url);
  }

  /** Has it asked for again. */
  forget(url: string): void {
    this.#known.delete(url);
  }

  /** Resolves to whether there is a preview, once that is known; to false when it is wanted no more before that. */
  wait(wanted: Wanted): Promise<boolean> {
    return new Promise((done) => {
      this.#waiting.push({ ...wanted, questions: 0, deadline: Number.POSITIVE_INFINITY, done });
      this.#fill();
    });
  }

  #fill(): void {
    while (this.#running < this.#limit()) {
      const next = this.#takeNext();
      if (!next) return;
      this.#running += 1;
      void this.#turn(next).finally(() => {
        this.#running -= 1;
        this.#fill();
      });
    }
  }

  #takeNext(): Waiting | undefined {
    const distances = this.#waiting.map(({ signal, distance }) => (signal.aborted ? 0 : distance()));
    return this.#waiting.splice(distances.indexOf(Math.min(...distances)), 1)[0];
  }

  /** Asks once. What is not there yet waits for its next turn behind all others. */
  async #turn(waiting: Waiting): Promise<void> {
    const { url, signal, done } = waiting;
    const answer = signal.aborted ? "none" : this.#known.has(url) ? "ready" : await this.#question(waiting);
    if (typeof answer === "object") return this.#postpone(waiting, answer.retryAfter);
    if (answer === "ready") this.#remember(url);
    done(answer === "ready");
  }

  /**
   * The first answer comes at once, so that the service learns early of all that is visible, and previews that are there are
   * shown before others are waited for. Later ones are held, but never as many as there are requests at a time: what is there
   * does not wait for what is slow.
   */
  async #question(waiting: Waiting): Promise<Answer> {
    const { url, signal, questions } = waiting;
    waiting.questions += 1;
    if (questions === 0) waiting.deadline = performance.now() + GIVE_UP_AFTER;
    if (questions === 0 || this.#held + 1 >= this.#limit()) return this.#ask(url, 0, signal);
    this.#held += 1;
    try {
      return await this.#ask(url, WAIT_SECONDS, signal);
    } finally {
      this.#held -= 1;
    }
  }

  /** Others are asked for during the pause. */
  #postpone(waiting: Waiting, retryAfter: number): void {
    const { questions, deadline, signal, done } = waiting;
    const milliseconds = Math.max(Math.min(FIRST_PAUSE * 2 ** (questions - 1), LONGEST_PAUSE), retryAfter * 1000);
    if (performance.now() + milliseconds > deadline) {
      done(false);
      return;
    }
    const comeBack = () => {
      this.#waiting.push(waiting);
      this.#fill();
    };
    void pause(milliseconds, signal).then(comeBack, () => done(false));
  }

  #remember(url: string): void {
    this.#known.add(url);
    for (const oldest of this.#known) {
      if (this.#known.size <= MOST_REMEMBERED) return;
      this.#known.delete(oldest);
    }
  }
}

/**
 * Asks whether a preview is there, which a redirection to it says; the service makes it meanwhile. An `<img>` of the same URL then
 * takes the redirection from the browser's cache, so nothing here may go around that.
 */
export async function ask(url: string, waitSeconds: number, signal: AbortSignal): Promise<Answer> {
  const request = new AbortController();
  // Chromium tells an error in its console when a request ends while its redirection is still to be read: that comes first.
  const giveUp = () => whenIdle(() => request.abort());
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    const headers: Record<string, string> = waitSeconds > 0 ? { Prefer: `wait=${waitSeconds}` } : {};
    discard(await send("GET", url, { headers, redirect: "manual", whenBusy: "fail", signal: request.signal }));
    return "ready";
  } catch (error) {
    if (error instanceof NetworkError) return { retryAfter: 0 };
    const mayCome = error instanceof ApiError && (error.code === "preview_not_ready" || isPassing(error.status));
    return mayCome ? { retryAfter: error.retryAfter ?? 0 } : "none";
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Safari has no idle callbacks. */
function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(run);
  else setTimeout(run);
}

export const previews = new PreviewQueue(ask, () => (uploads.areRunning() ? AT_A_TIME.uploading : AT_A_TIME.usually));
