import * as api from "../../api/admin";
import { href } from "../../app/router";
import { t } from "../../i18n";
import { number, size } from "../../i18n/format";
import { Failure } from "../../ui/problem";
import { useResource } from "../../ui/resource";
import { Loading } from "../../ui/states";

/** The whole deployment in figures. */
export function StorageSection() {
  const { value: stats, error, reload } = useResource(api.stats);
  if (error !== null) return <Failure error={error} retry={reload} />;
  if (!stats) return <Loading />;
  const { users, storage, jobs } = stats;
  return (
    <dl class="figures">
      <Figure name={t("stats.used")} value={size(storage.used_bytes)} />
      <Figure name={t("stats.reserved")} value={size(storage.reserved_bytes)} />
      <Figure name={t("storage.files")} value={number(storage.file_count)} />
      <Figure name={t("admin.users")} value={number(users.total)} />
      <Figure name={t("stats.admins")} value={number(users.admins)} />
      <Figure name={t("stats.suspended")} value={number(users.suspended)} />
      <Figure
        name={t("stats.deadJobs")}
        value={number(jobs.dead)}
        link={jobs.dead > 0 ? href({ page: "admin", section: "jobs" }) : null}
      />
    </dl>
  );
}

function Figure({ name, value, link = null }: { name: string; value: string; link?: string | null }) {
  return (
    <div class="figure card">
      <dt>{name}</dt>
      <dd class="large-number">{link === null ? value : <a href={link}>{value}</a>}</dd>
    </div>
  );
}
