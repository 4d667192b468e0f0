// Passes requests on to a running service, so that pages that were just built can be looked at with it.
import { request as send } from "node:http";

/** Answers as the service at this URL (`http://127.0.0.1:8080`) does; it must have our own address as its PUBLIC_URL. */
export function proxyTo(service) {
  return (request, response, url) => {
    const { method, headers } = request;
    const passed = send(new URL(url.pathname + url.search, service), { method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    // Out of reach, or gone in the middle of an answer.
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  };
}
