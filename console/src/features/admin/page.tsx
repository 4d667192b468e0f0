import { href } from "../../app/router";
import { type AdminSection, adminSections } from "../../app/routes";
import { account } from "../../app/session";
import { t } from "../../i18n";
import { Empty, Loading } from "../../ui/states";
import { useTitle } from "../../ui/title";
import { AuditSection } from "./audit";
import { JobsSection } from "./jobs";
import { StorageSection } from "./storage";
import { UsersSection } from "./users";

const sections = { users: UsersSection, jobs: JobsSection, storage: StorageSection, audit: AuditSection };

/** What admins see and do; everybody else is told that it is not for them. */
export function AdminPage({ section }: { section: AdminSection }) {
  useTitle(`${t(`admin.${section}`)} · ${t("nav.admin")}`);
  const role = account.value?.role;
  const Section = sections[section];
  return (
    <div class="page scrolls">
      <div class="column wide">
        <h1 tabIndex={-1}>{t("nav.admin")}</h1>
        {role === undefined && <Loading />}
        {role === "user" && <Empty icon="shield" title={t("admin.forbidden")} />}
        {role === "admin" && (
          <>
            <nav class="tabs" aria-label={t("nav.admin")}>
              {adminSections.map((name) => (
                <a
                  key={name}
                  href={href({ page: "admin", section: name })}
                  {...(name === section ? { "aria-current": "page" as const } : {})}
                >
                  {t(`admin.${name}`)}
                </a>
              ))}
            </nav>
            <Section />
          </>
        )}
      </div>
    </div>
  );
}
