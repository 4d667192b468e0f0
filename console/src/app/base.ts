/** The path that the service is served under, with a slash at its end: `/`, or `/drive/` behind such a `PUBLIC_URL`. */
export const basePath: string = import.meta.url.startsWith("http") ? new URL("../", import.meta.url).pathname : "/";
