import { useEffect, useRef, useState } from "preact/hooks";
import { logOut } from "../api/auth";
import { isFileDrag } from "../features/files/drag";
import { MakeRoom, NEARLY_FULL, reclaimable } from "../features/trash/empty";
import { mayPass } from "../features/uploads/patience";
import { uploads } from "../features/uploads/running";
import { dropUploadsAfter, UploadTray } from "../features/uploads/start";
import { t } from "../i18n";
import { percent, size } from "../i18n/format";
import { Announcer, announce } from "../ui/announcer";
import { closeAll, confirm, Dialogs } from "../ui/dialog";
import { focusMain } from "../ui/focus";
import { Icon, type IconName } from "../ui/icon";
import { Logo } from "../ui/logo";
import { MenuButton, MenuHost } from "../ui/menu";
import { Bar } from "../ui/states";
import { Toasts, toastError } from "../ui/toast";
import { onChanged } from "./live";
import { Page } from "./pages";
import { isAway } from "./poll";
import { go, href, route, visits } from "./router";
import { ROOT, type Route } from "./routes";
import { account, leave, loadAccount } from "./session";
import { shortcuts, showHelp, useShortcuts } from "./shortcuts";

/** Everything around the page. */
export function Shell() {
  const { page } = route.value;
  if (page === "login" || page === "register") {
    return (
      <>
        <Page />
        <Announcer />
        <Toasts />
      </>
    );
  }
  return <Frame />;
}

/** Milliseconds after which an account that could not be read is asked for again. */
const ACCOUNT_AGAIN = 3000;

function Frame() {
  const [offline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const reload = () => {
      clearTimeout(timer);
      loadAccount().catch((error) => {
        // Opened while the service was away: who is signed in is not known yet. That no one is would be known.
        if (!account.peek() && mayPass(error)) timer = setTimeout(reload, ACCOUNT_AGAIN);
      });
    };
    if (!account.peek()) reload();
    const stop = onChanged(reload);
    const update = () => setOffline(!navigator.onLine);
    addEventListener("online", update);
    addEventListener("offline", update);
    // A file that misses the place to drop it would be opened instead of the console.
    const refuse = (event: DragEvent) => {
      if (event.defaultPrevented || !isFileDrag(event)) return;
      event.preventDefault();
      if (event.dataTransfer) event.dataTransfer.dropEffect = "none";
    };
    addEventListener("dragover", refuse);
    addEventListener("drop", refuse);
    // With the browser's buttons the page goes that a dialog is about.
    addEventListener("popstate", closeAll);
    return () => {
      clearTimeout(timer);
      stop();
      removeEventListener("dragover", refuse);
      removeEventListener("drop", refuse);
      removeEventListener("popstate", closeAll);
      removeEventListener("online", update);
      removeEventListener("offline", update);
    };
  }, []);
  useVisits();
  useShortcuts();
  const trouble = offline ? t("state.offline") : isAway.value ? t("state.away") : null;
  useEffect(() => {
    if (trouble !== null) announce(trouble);
  }, [trouble]);
  return (
    <div class="frame">
      <header class="top">
        <button type="button" class="skip" onClick={() => focusMain()}>
          {t("nav.skip")}
        </button>
        <a class="home" href={href({ page: "files", folder: ROOT })} aria-label={t("nav.home")}>
          <Logo />
        </a>
        <SearchBox />
        <AccountMenu />
      </header>
      <Navigation />
      <main id="main" tabIndex={-1}>
        {trouble !== null && (
          <p class="banner">
            <Icon name="warning" size={18} />
            {trouble}
          </p>
        )}
        <Page />
        <MenuHost />
      </main>
      <UploadTray />
      <Toasts />
      <Dialogs />
      <Announcer />
    </div>
  );
}

interface Place {
  route: Route;
  icon: IconName;
  label: string;
}

function Navigation() {
  const places: Place[] = [
    { route: { page: "files", folder: ROOT }, icon: "folder", label: t("nav.files") },
    { route: { page: "search", q: "", kind: "" }, icon: "search", label: t("nav.search") },
    { route: { page: "trash", folder: null }, icon: "trash", label: t("nav.trash") },
    { route: { page: "settings" }, icon: "settings", label: t("nav.settings") },
  ];
  if (account.value?.role === "admin") {
    places.push({ route: { page: "admin", section: "users" }, icon: "shield", label: t("nav.admin") });
  }
  return (
    <nav class="side" aria-label={t("nav.label")}>
      <ul>
        {places.map((place) => (
          <li key={place.label}>
            <a
              href={href(place.route)}
              title={place.label}
              {...(place.route.page === route.value.page ? { "aria-current": "page" as const } : {})}
            >
              <Icon name={place.icon} />
              <span>{place.label}</span>
            </a>
          </li>
        ))}
      </ul>
      <StorageLine />
    </nav>
  );
}

/** How much of the quota is in use, at the foot of the navigation. */
function StorageLine() {
  const storage = account.value?.storage;
  if (!storage) return null;
  const quota = storage.quota_bytes;
  const part = quota ? storage.used_bytes / quota : 0;
  return (
    <div class="side-storage">
      {typeof quota === "number" && (
        <Bar
          value={part}
          label={t("storage.used", { part: percent(part) })}
          tone={part > NEARLY_FULL ? "danger" : ""}
        />
      )}
      <p class="muted">
        {typeof quota === "number"
          ? t("storage.of", { used: size(storage.used_bytes), quota: size(quota) })
          : t("storage.usedOnly", { used: size(storage.used_bytes) })}
      </p>
      <MakeRoom bytes={reclaimable(storage)} />
    </div>
  );
}

function SearchBox() {
  const current = route.value;
  const asked = current.page === "search" ? current.q : "";
  const [q, setQ] = useState(asked);
  useEffect(() => setQ(asked), [asked]);
  return (
    <form
      class="search-box"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        if (q.trim() !== "") go({ page: "search", q: q.trim(), kind: current.page === "search" ? current.kind : "" });
      }}
    >
      <Icon name="search" size={18} />
      <input
        type="search"
        id="search"
        value={q}
        placeholder={t("search.placeholder")}
        aria-label={t("search.label")}
        {...(shortcuts.value ? { "aria-keyshortcuts": "/" } : {})}
        enterkeyhint="search"
        onInput={(event) => setQ(event.currentTarget.value)}
      />
      {shortcuts.value && (
        <span class="key" aria-hidden="true">
          /
        </span>
      )}
    </form>
  );
}

/** Signs out; what is not sent yet is dropped then, which is asked about first. */
function askToSignOut(): void {
  const run = () => dropUploadsAfter(logOut).then(leave);
  if (!uploads.areLeft()) {
    run().catch(toastError);
    return;
  }
  confirm({
    title: t("uploads.cancelAll"),
    text: t("uploads.cancelAllText"),
    confirm: t("account.signOut"),
    danger: true,
    run,
  });
}

function AccountMenu() {
  const user = account.value;
  const name = user?.name ?? user?.email ?? "";
  return (
    <MenuButton
      class="avatar"
      label={t("account.menu", { name })}
      items={() => [
        { label: t("nav.settings"), icon: "settings", run: () => go({ page: "settings" }) },
        { label: t("help.title"), icon: "info", run: showHelp, ...(shortcuts.value ? { keys: "?" } : {}) },
        {
          label: t("account.signOut"),
          icon: "logout",
          run: askToSignOut,
        },
      ]}
    >
      {name ? <span aria-hidden="true">{[...name][0]?.toUpperCase()}</span> : <Icon name="user" />}
    </MenuButton>
  );
}

/** How often, ten times a second, a new page is looked at for what takes the focus, beside the time that it is loaded in. */
const ATTEMPTS = 10;

/** Whether nothing has the focus but what has it until the page is there. */
const standsIn = (): boolean => document.activeElement?.matches("h1, main, body") ?? true;

/** After a page was asked for it is told, and the focus is at its beginning. */
function useVisits(): void {
  const first = useRef(true);
  const count = visits.value;
  useEffect(() => {
    // The page that the browser has opened tells itself; one that was asked for here, as after signing in, does not.
    const opened = first.current && count === 0;
    first.current = false;
    if (opened) return;
    // The page, and then its list, need a moment to be there, and longer where the service is slow: until then the heading
    // stands in. A dialog or a field that has taken the focus keeps it, and so does later what the keyboard has gone to.
    let looks = 0;
    let left = ATTEMPTS;
    let timer: ReturnType<typeof setTimeout>;
    const place = () => {
      looks += 1;
      if (!document.querySelector("main .skeleton")) left -= 1;
      const isElsewhere = !document.activeElement?.closest("main, dialog, .search-box");
      if (standsIn() || (isElsewhere && looks <= ATTEMPTS)) focusMain();
      const waits = standsIn();
      if (looks === ATTEMPTS || (looks < ATTEMPTS && !waits)) announce(document.title);
      if (waits && left > 0) timer = setTimeout(place, 100);
    };
    timer = setTimeout(place, 100);
    return () => clearTimeout(timer);
  }, [count]);
}
