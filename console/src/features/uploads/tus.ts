import { type DetailedError, type HttpResponse, Upload as TusUpload } from "tus-js-client";
import { ApiError, discard, NetworkError, refresher, send, url } from "../../api/client";
import { pause } from "../../api/pause";
import type { Problem } from "../../api/types";
import { DELAYS, isPassing, isUntold, scatter, waitOf } from "./patience";
import type { Transfer, TransferEvents, Upload } from "./queue";
import { isReadable } from "./readable";
import { Renewals } from "./renewals";

/** What one request carries: bounds what is lost behind a proxy that keeps whole bodies, and costs few round trips. */
const CHUNK = 32 * 1024 * 1024;

/** Up to this size the request that begins an upload carries all of it. Of a larger one nothing is sent before its address is known. */
const AT_ONCE = 1024 * 1024;

/** Sends the rest of an upload. A session that has ended is renewed, a service that is away is waited for. */
export function beginTus(upload: Upload, events: TransferEvents): Transfer {
  const { file } = upload;
  if (!file) throw new Error("an upload needs its file");
  const over = new AbortController();
  // When a busy service wants to be asked again, by the clock, which goes on while the machine sleeps.
  let notBefore = 0;
  let generation = refresher.generation;
  const renewals = new Renewals(() => refresher.renew(generation));
  let toRoot = false;
  const transfer = new TusUpload(file, {
    endpoint: url("v1/uploads"),
    uploadUrl: upload.url,
    chunkSize: CHUNK,
    uploadDataDuringCreation: upload.size <= AT_ONCE,
    storeFingerprintForResuming: false,
    // Counted anew whenever bytes came through.
    retryDelays: DELAYS.map(scatter),
    metadata: {
      filename: upload.name,
      ...(upload.type ? { filetype: upload.type } : {}),
      parent_id: upload.parentId,
      on_conflict: upload.onConflict,
      lastModified: String(upload.lastModified),
    },
    onBeforeRequest: async (request) => {
      if (request.getMethod() === "POST") request.setHeader("Idempotency-Key", keyOf(upload));
      await renewals.ended();
      generation = refresher.generation;
      // An upload that is dropped is dropped at once.
      if (request.getMethod() === "DELETE") return;
      over.signal.throwIfAborted();
      const wait = notBefore - Date.now();
      if (wait > 0) await pause(wait, over.signal);
    },
    onAfterResponse: (request, response) => {
      const status = response.getStatus();
      // Where the library is not told how far an upload is, it begins a new one, of all bytes. That is right for one that is gone alone.
      if (request.getMethod() === "HEAD" && isUntold(status, response.getHeader("Retry-After")))
        throw new UntoldError(response);
      if (status !== 401) renewals.reset();
      if (response.getHeader("X-Moved-From-Parent-Id")) toRoot = true;
    },
    onShouldRetry: (error) => {
      const status = statusOf(error);
      const asked = scatter(waitOf(responseOf(error)?.getHeader("Retry-After")));
      notBefore = Date.now() + asked;
      if (asked > 0) events.busy(notBefore);
      // Browsers tell a file that is gone by the failure of the request that should carry it.
      if (status === 0) void isReadable(file).then((readable) => readable || lose());
      if (status === 401) return renewals.begin();
      // Of conflicts only one about the upload itself passes: none about names, folders or their number.
      if (status === 409) return (problemOf(error)?.code ?? "conflict") === "conflict";
      return isPassing(status);
    },
    onUploadUrlAvailable: () => {
      if (transfer.url) events.begun(transfer.url);
    },
    onProgress: (sent) => events.progress(sent),
    onSuccess: () => events.done(toRoot),
    onError: (error) => {
      const detailed = error as DetailedError;
      const problem = problemOf(detailed);
      if (problem?.code === "name_taken") events.conflict();
      else if (statusOf(detailed) === 401) events.signedOut();
      else if (problem) events.failed(new ApiError(problem.status, problem));
      else events.failed(statusOf(detailed) === 0 ? new NetworkError(error.message) : error);
    },
  });
  const end = (drop: boolean) => {
    over.abort();
    void transfer.abort(drop).catch(() => undefined);
  };
  const lose = () => {
    if (over.signal.aborted) return;
    end(false);
    events.lost();
  };
  transfer.start();
  return { stop: () => end(false), cancel: () => end(true) };
}

/** Has the service drop what it has of an upload that nothing is sent of. */
export function dropAt(address: string): void {
  const id = address.split("/").at(-1);
  void send("DELETE", `v1/uploads/${id}`, { headers: { "Tus-Resumable": "1.0.0" } }).then(discard, () => undefined);
}

/** Finds the upload again whose first answer was lost. After one that is gone, and for another choice of its name, there is a new one. */
const keyOf = ({ id, onConflict, url }: Upload): string => [id, onConflict, url?.split("/").at(-1)].join(".");

/** The service did not tell how far an upload is, and may do so later. */
class UntoldError extends Error {
  constructor(readonly response: HttpResponse) {
    super(`the upload was not found yet: ${response.getStatus()}`);
  }
}

const responseOf = ({ originalResponse, causingError }: DetailedError): HttpResponse | null =>
  causingError instanceof UntoldError ? causingError.response : originalResponse;

const statusOf = (error: DetailedError): number => responseOf(error)?.getStatus() ?? 0;

function problemOf(error: DetailedError): Problem | null {
  try {
    const problem = JSON.parse(responseOf(error)?.getBody() ?? "") as Problem;
    return typeof problem.code === "string" ? problem : null;
  } catch {
    return null;
  }
}
