import { LoginPage, RegisterPage } from "../features/auth/page";
import { FilesPage } from "../features/files/page";
import { later } from "../features/load";
import { SearchPage } from "../features/search/page";
import { TrashPage } from "../features/trash/page";
import { t } from "../i18n";
import { Icon } from "../ui/icon";
import { useTitle } from "../ui/title";
import { lazy } from "./lazy";
import { href, route } from "./router";
import { ROOT } from "./routes";

const Viewer = lazy(async () => (await later()).ViewerPage);
const Settings = lazy(async () => (await later()).SettingsPage);
const Admin = lazy(async () => (await later()).AdminPage);

/** The page that the address names. */
export function Page() {
  const current = route.value;
  switch (current.page) {
    case "login":
      return <LoginPage next={current.next} />;
    case "register":
      return <RegisterPage next={current.next} />;
    case "files":
      return <FilesPage key={current.folder} folder={current.folder} />;
    case "view":
      return <Viewer file={current.file} />;
    case "search":
      return <SearchPage q={current.q} kind={current.kind} />;
    case "trash":
      return <TrashPage key={current.folder} folder={current.folder} />;
    case "settings":
      return <Settings />;
    case "admin":
      return <Admin section={current.section} />;
    case "missing":
      return <Missing />;
  }
}

function Missing() {
  useTitle(t("missing.title"));
  return (
    <div class="page">
      <div class="state">
        <span class="state-icon">
          <Icon name="search" size={40} />
        </span>
        <h1 tabIndex={-1}>{t("missing.title")}</h1>
        <a class="button" href={href({ page: "files", folder: ROOT })}>
          {t("missing.back")}
        </a>
      </div>
    </div>
  );
}
