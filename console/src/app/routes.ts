/**
 * The pages of the console. `root` is the id of the user's own root folder, in every route of the service; the folder of the
 * trash is null where its tops are shown.
 */
export type Route =
  | { page: "login"; next: string | null }
  | { page: "register"; next: string | null }
  | { page: "files"; folder: string }
  | { page: "view"; file: string }
  | { page: "search"; q: string; kind: string }
  | { page: "trash"; folder: string | null }
  | { page: "settings" }
  | { page: "admin"; section: AdminSection }
  | { page: "missing" };

export const adminSections = ["users", "jobs", "storage", "audit"] as const;
export type AdminSection = (typeof adminSections)[number];

export const ROOT = "root";

/** The page at a path below the base, with its query. */
export function parse(path: string, query: URLSearchParams): Route {
  const [first = "", second = "", third = "", ...rest] = path.replace(/^\/|\/$/g, "").split("/");
  if (rest.length > 0) return { page: "missing" };
  const depth = third ? 3 : second ? 2 : 1;
  if (first === "files" && depth === 3) return third === "view" ? { page: "view", file: second } : { page: "missing" };
  if (first === "files" || first === "")
    return depth === 3 ? { page: "missing" } : { page: "files", folder: second || ROOT };
  if (first === "admin" && depth < 3) {
    const section = adminSections.find((name) => name === (second || "users"));
    return section ? { page: "admin", section } : { page: "missing" };
  }
  if (first === "trash" && depth < 3) return { page: "trash", folder: second || null };
  if (depth > 1) return { page: "missing" };
  switch (first) {
    case "login":
    case "register":
      return { page: first, next: safeNext(query.get("next")) };
    case "search":
      return { page: "search", q: query.get("q") ?? "", kind: query.get("kind") ?? "" };
    case "settings":
      return { page: "settings" };
    default:
      return { page: "missing" };
  }
}

/** The path of a page below the base, without a slash at its beginning. */
export function format(route: Route): string {
  switch (route.page) {
    case "login":
    case "register":
      return route.page + query({ next: route.next ?? "" });
    case "files":
      return route.folder === ROOT ? "files" : `files/${encodeURIComponent(route.folder)}`;
    case "view":
      return `files/${encodeURIComponent(route.file)}/view`;
    case "search":
      return `search${query({ q: route.q, kind: route.kind })}`;
    case "admin":
      return `admin/${route.section}`;
    case "trash":
      return route.folder === null ? "trash" : `trash/${encodeURIComponent(route.folder)}`;
    case "settings":
      return "settings";
    case "missing":
      return "missing";
  }
}

function query(values: Record<string, string>): string {
  const text = new URLSearchParams(Object.entries(values).filter(([, value]) => value !== "")).toString();
  return text && `?${text}`;
}

/** Where to go after signing in: a path of the console and nothing else, so that no link leads away through it. */
function safeNext(next: string | null): string | null {
  if (next === null || !/^[a-z]+(\/[\w-]+)*(\?[^#]*)?$/.test(next)) return null;
  return next;
}
