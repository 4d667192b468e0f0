import type { ComponentChildren, VNode } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Page } from "../../api/types";
import { t } from "../../i18n";
import { announce } from "../../ui/announcer";
import { useKeptFocus } from "../../ui/focus";
import type { IconName } from "../../ui/icon";
import { PagedList } from "../../ui/paged";
import { Failure } from "../../ui/problem";
import { Empty, Loading } from "../../ui/states";

/** A list that is read page by page, as long as `key` is the same. */
export function usePages<T extends { id: string }>(
  key: string,
  fetch: (cursor?: string | null) => Promise<Page<T>>,
): PagedList<T> {
  const list = useMemo(
    () => new PagedList<T>(async ({ cursor }) => ({ page: await fetch(cursor), etag: null })),
    [key],
  );
  useEffect(() => {
    void list.load();
    return () => list.close();
  }, [list]);
  return list;
}

interface TableProps<T extends { id: string }> {
  caption: string;
  list: PagedList<T>;
  heads: readonly string[];
  empty: { icon: IconName; title: string };
  row: (item: T) => readonly ComponentChildren[];
}

/** A table of what admins look at, with more at its foot. The focus stays in it when a row goes. */
export function Table<T extends { id: string }>(props: TableProps<T>) {
  const ref = useRef<HTMLDivElement>(null);
  useKeptFocus(ref);
  const { list, empty } = props;
  const isReady = list.status.value === "ready";
  const before = useRef(list);
  // What a search or another choice has brought is told; the first list comes with its page.
  useEffect(() => {
    if (!isReady || before.current === list) return;
    before.current = list;
    announce(list.items.value.length === 0 ? empty.title : t("table.rows", { count: list.items.value.length }));
  }, [list, isReady]);
  return (
    <div ref={ref} class="pages" role="group" tabIndex={-1} aria-label={props.caption}>
      {contentOf(props)}
    </div>
  );
}

/** On narrow screens each row is a card of its own. */
function contentOf<T extends { id: string }>({ caption, list, heads, empty, row }: TableProps<T>): VNode {
  if (list.status.value === "failed") return <Failure error={list.error.value} retry={() => void list.load()} />;
  if (list.status.value === "loading") return <Loading />;
  if (list.items.value.length === 0) return <Empty icon={empty.icon} title={empty.title} />;
  return (
    <>
      <table class="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {list.items.value.map((item) => (
            <tr key={item.id}>
              {row(item).map((cell, index) => (
                <td key={heads[index]} data-head={heads[index]}>
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {list.error.value !== null && <Failure error={list.error.value} retry={() => void list.more()} />}
      {!list.complete.value && (
        <button type="button" class="button" onClick={() => void list.more()}>
          {t("action.more")}
        </button>
      )}
    </>
  );
}
