import { useEffect } from "preact/hooks";

/** Names the page in the window's title, the entry of the history and for those who hear it. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "" ? "File Manager" : `${title} · File Manager`;
  }, [title]);
}
