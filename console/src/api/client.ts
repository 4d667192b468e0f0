import { basePath } from "../app/base";
import { pause } from "./pause";
import { Refresher } from "./refresher";
import type { Problem } from "./types";

/** An answer of the service that is not a success. */
export class ApiError extends Error {
  readonly status: number;
  readonly problem: Problem;
  /** Seconds after which the service wants to be asked again. */
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem, retryAfter: number | null = null) {
    super(problem.detail);
    this.status = status;
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** No answer: the service or the network is out of reach. */
export class NetworkError extends Error {}

/** A change that was not answered in time: whether it was made is not known. */
export class UnansweredError extends Error {}

/** Whether the service is out of reach: a proxy in front of it answers then. */
export const isOutOfReach = (error: unknown): boolean =>
  error instanceof NetworkError || (error instanceof ApiError && (error.status === 502 || error.status === 504));

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface RequestOptions {
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
  /** A redirection is the answer, and not followed. */
  redirect?: "manual";
  /** Sent again it changes no more than once, or nothing: without an answer it counts as one that never arrived. */
  mayRepeat?: true;
  /** A read that the service is too busy for is not repeated here: the caller does that. */
  whenBusy?: "fail";
}

type Ended = () => void;
const onEnded = new Set<Ended>();

/** Calls `listener` whenever it is found that the session has ended. */
export function onSessionEnded(listener: Ended): void {
  onEnded.add(listener);
}

/** Tells all who listen that the session has ended. */
export function endSession(): void {
  for (const listener of onEnded) listener();
}

const onUnanswered = new Set<() => void>();

/** Calls `listener` whenever it is not known any more whether something was changed. */
export function onChangeUnanswered(listener: () => void): void {
  onUnanswered.add(listener);
}

/** What becomes of a request whose answer is lost. */
function lost(method: string, { mayRepeat, headers }: RequestOptions, cause: unknown): Error {
  if (method === "GET" || mayRepeat || headers?.["Idempotency-Key"]) {
    return new NetworkError("there is no answer", { cause });
  }
  for (const listener of onUnanswered) listener();
  return new UnansweredError("the change was not answered", { cause });
}

/** The address of a route of the service, `v1/…`, or of one that the service has told, with a query of the values that are there. */
export function url(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") parameters.set(name, String(value));
  }
  const text = parameters.toString();
  return (path.startsWith("v1/") ? basePath : "") + path + (text && `?${text}`);
}

export const refresher: Refresher = new Refresher(async () => {
  const answer = await exchange("POST", url("v1/auth/refresh"), { headers: withoutTokens, mayRepeat: true });
  discard(answer);
  if (answer.ok) return true;
  if (answer.status === 401) {
    endSession();
    return false;
  }
  throw new NetworkError(`the session could not be renewed: ${answer.status}`);
});

/** Tokens belong into cookies that no script can read: asks for an answer without them. */
export const withoutTokens: Record<string, string> = { Prefer: "return=minimal" };

/** Drops the body of an answer unread. */
export function discard(answer: Response): void {
  void answer.body?.cancel().catch(() => undefined);
}

/** Sends a request; renews the session and repeats the request once where it is refused for want of one. */
export async function send(method: string, path: string, options: RequestOptions = {}): Promise<Response> {
  const target = url(path, options.query);
  const generation = refresher.generation;
  let answer = await exchange(method, target, options);
  if (answer.status === 401 && (await needsRenewal(answer.clone()))) {
    if (await refresher.renew(generation)) {
      discard(answer);
      answer = await exchange(method, target, options);
    }
  }
  const repetitions = method === "GET" && options.whenBusy !== "fail" ? REPETITIONS : 0;
  for (let attempt = 0; attempt < repetitions; attempt += 1) {
    const wait = retryAfter(answer);
    if (wait === null || wait > LONGEST_WAIT || !isBusy(answer.status)) break;
    discard(answer);
    await pause(wait * 1000, options.signal);
    answer = await exchange(method, target, options);
  }
  const isRedirection = answer.type === "opaqueredirect";
  if (!answer.ok && answer.status !== 304 && !isRedirection) throw await failure(answer);
  return answer;
}

/** How often a read is repeated that the service is too busy for, each time after as many seconds as it says. */
const REPETITIONS = 2;
/** A reader is told at once when the wait would be longer than these seconds. */
const LONGEST_WAIT = 5;

const isBusy = (status: number): boolean => status === 429 || status === 503;

/** Seconds after which an answer wants its request to be sent again. */
export function retryAfter(answer: Response): number | null {
  const seconds = Number(answer.headers.get("Retry-After"));
  return seconds > 0 ? seconds : null;
}

/** As `send`, and reads the JSON of the answer. */
export async function json<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  return bodyOf<T>(await send(method, path, options), method, options);
}

/** The JSON of an answer. One that breaks off, or is not here in time, is none. */
export async function bodyOf<T>(answer: Response, method = "GET", options: RequestOptions = {}): Promise<T> {
  try {
    return (await answer.json()) as T;
  } catch (error) {
    throw lost(method, options, error);
  }
}

/**
 * Milliseconds after which a request, with the body of its answer, counts as not answered: networks go away without a word.
 * The largest page of a list takes half of it where a second brings no more than ten kilobytes; of what takes the service longer
 * it answers that it is at work on it. The bytes of uploads are sent otherwise.
 */
const LIMIT = 60_000;

async function exchange(method: string, target: string, options: RequestOptions): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json", ...options.headers };
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (options.body !== undefined) {
    headers["Content-Type"] = "application/json";
    init.body = JSON.stringify(options.body);
  }
  const limit = AbortSignal.timeout(LIMIT);
  init.signal = options.signal ? AbortSignal.any([limit, options.signal]) : limit;
  if (options.redirect) init.redirect = options.redirect;
  try {
    return await fetch(target, init);
  } catch (error) {
    // By that and not by its name, for some browsers tell the end of the time so too.
    if (options.signal?.aborted) throw error;
    if (limit.aborted) throw lost(method, options, error);
    throw new NetworkError("the service is out of reach", { cause: error });
  }
}

/** Wrong passwords are 401 too, and no reason to renew the session. */
async function needsRenewal(answer: Response): Promise<boolean> {
  const problem = await readProblem(answer);
  return problem.code !== "invalid_credentials";
}

async function failure(answer: Response): Promise<ApiError> {
  return new ApiError(answer.status, await readProblem(answer), retryAfter(answer));
}

async function readProblem(answer: Response): Promise<Problem> {
  try {
    const problem = (await answer.json()) as Partial<Problem>;
    if (typeof problem.code === "string" && typeof problem.detail === "string") return problem as Problem;
  } catch {
    // No JSON: an answer of something between the service and us.
  }
  return {
    type: "about:blank",
    title: answer.statusText,
    status: answer.status,
    code: "unavailable",
    detail: `${answer.status} ${answer.statusText}`.trim(),
    request_id: answer.headers.get("x-request-id") ?? "",
  };
}
