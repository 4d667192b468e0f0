import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { focusMain } from "./focus";
import { Icon, type IconName } from "./icon";

export interface MenuItem {
  label: string;
  icon: IconName;
  run: () => void;
  danger?: boolean;
  /** Of one of several choices: whether it is the present one. */
  checked?: boolean;
  /** The key that does the same, to be read. */
  keys?: string;
}

interface OpenMenu {
  id: number;
  label: string;
  items: readonly MenuItem[];
  /** Where it opens: below an element, or at a point. */
  at: DOMRect;
  opener: Element | null;
}

const opened = signal<OpenMenu | null>(null);
let count = 0;

function show(menu: Omit<OpenMenu, "id">): void {
  count += 1;
  opened.value = { ...menu, id: count };
}

/** Opens a menu below `element`. */
export function openMenu(element: Element, label: string, items: readonly MenuItem[]): void {
  // In a list the focus goes back to the entry, where the keys of the list work.
  const opener = element.closest("[data-id]") ?? document.activeElement;
  show({ label, items, at: element.getBoundingClientRect(), opener });
}

/** Opens a menu where the pointer is, in client coordinates. */
export function openMenuAt(x: number, y: number, label: string, items: readonly MenuItem[]): void {
  show({ label, items, at: new DOMRect(x, y, 0, 0), opener: document.activeElement });
}

/** Where the one menu is drawn that may be open. */
export function MenuHost() {
  // With its page the menu goes too.
  useEffect(() => {
    const close = () => {
      opened.value = null;
    };
    addEventListener("popstate", close);
    return () => {
      removeEventListener("popstate", close);
      close();
    };
  }, []);
  const menu = opened.value;
  return menu && <Menu key={menu.id} menu={menu} />;
}

function Menu({ menu }: { menu: OpenMenu }) {
  const ref = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    element.showPopover();
    place(element, menu.at);
    element.querySelector<HTMLElement>('[role^="menuitem"]')?.focus();
  }, [menu]);
  const close = () => {
    if (opened.value !== menu) return;
    const elsewhere = document.activeElement;
    opened.value = null;
    // A click beside the menu has put the focus where it belongs.
    if (elsewhere && elsewhere !== document.body && !ref.current?.contains(elsewhere)) return;
    const { opener } = menu;
    if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) opener.focus();
    else focusMain();
  };
  const step = (event: KeyboardEvent) => {
    const items = [...(ref.current?.querySelectorAll<HTMLElement>('[role^="menuitem"]') ?? [])];
    const index = items.indexOf(document.activeElement as HTMLElement);
    const target: Record<string, number> = {
      ArrowDown: (index + 1) % items.length,
      ArrowUp: (index - 1 + items.length) % items.length,
      Home: 0,
      End: items.length - 1,
    };
    const next = target[event.key];
    if (event.key === "Tab" || event.key === "Escape") {
      event.preventDefault();
      close();
    } else if (next !== undefined) {
      event.preventDefault();
      items[next]?.focus();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) {
      const letter = event.key.toLowerCase();
      const order = [...items.slice(index + 1), ...items.slice(0, index + 1)];
      order.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
    }
    event.stopPropagation();
  };
  return (
    <div
      ref={ref}
      class="menu"
      popover="auto"
      role="menu"
      aria-label={menu.label}
      tabIndex={-1}
      onKeyDown={step}
      // On Windows the key that opens a menu asks for that of the browser when it is let go.
      onContextMenu={(event) => event.preventDefault()}
      onToggle={(event) => {
        if ((event as ToggleEvent).newState === "closed") close();
      }}
    >
      {menu.items.map((item) => (
        <button
          key={item.label}
          type="button"
          {...(item.checked === undefined
            ? { role: "menuitem" as const }
            : { role: "menuitemradio" as const, "aria-checked": item.checked })}
          tabIndex={-1}
          class={item.danger ? "menu-item danger" : "menu-item"}
          onClick={() => {
            close();
            item.run();
          }}
        >
          <Icon name={item.icon} size={18} />
          <span>{item.label}</span>
          {item.keys && (
            <span class="menu-keys" aria-hidden="true">
              {item.keys}
            </span>
          )}
        </button>
      ))}
    </div>
  );
}

/** Below what it belongs to and within the window; from its end where it reads from right to left. */
function place(element: HTMLElement, at: DOMRect): void {
  const gap = 4;
  const { offsetWidth: width, offsetHeight: height } = element;
  const fromEnd = getComputedStyle(element).direction === "rtl";
  const wanted = fromEnd ? at.right - width : at.left;
  const left = Math.max(gap, Math.min(wanted, innerWidth - width - gap));
  const below = at.bottom + gap;
  const top =
    below + height + gap > innerHeight
      ? Math.max(gap, Math.min(at.top - height - gap, innerHeight - height - gap))
      : below;
  element.style.left = `${left}px`;
  element.style.top = `${top}px`;
}

interface MenuButtonProps {
  label: string;
  items: () => readonly MenuItem[];
  class?: string;
  children: ComponentChildren;
  tabIndex?: number;
}

export function MenuButton({ label, items, class: style = "icon-button", children, tabIndex }: MenuButtonProps) {
  return (
    <button
      type="button"
      class={style}
      aria-label={label}
      title={label}
      aria-haspopup="menu"
      {...(tabIndex === undefined ? {} : { tabIndex })}
      onClick={(event) => {
        event.stopPropagation();
        openMenu(event.currentTarget, label, items());
      }}
    >
      {children}
    </button>
  );
}
