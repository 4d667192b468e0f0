import { useState } from "preact/hooks";
import * as api from "../../api/admin";
import type { AdminUser, UserChanges } from "../../api/types";
import { account } from "../../app/session";
import { t } from "../../i18n";
import { day, size } from "../../i18n/format";
import { confirm, FormDialog, open } from "../../ui/dialog";
import { Field } from "../../ui/field";
import { Icon } from "../../ui/icon";
import { MenuButton, type MenuItem } from "../../ui/menu";
import type { PagedList } from "../../ui/paged";
import { Bar } from "../../ui/states";
import { toast, toastError } from "../../ui/toast";
import { Table, usePages } from "./table";

const GIGABYTE = 1_000_000_000;

export function UsersSection() {
  const [typed, setTyped] = useState("");
  const [q, setQ] = useState("");
  const list = usePages<AdminUser>(q, (cursor) => api.users(q, cursor));
  return (
    <>
      <form
        class="filter"
        role="search"
        aria-label={t("admin.findUser")}
        onSubmit={(event) => {
          event.preventDefault();
          // The same again: there may be others by now.
          if (typed.trim() === q) void list.load();
          else setQ(typed.trim());
        }}
      >
        <Field label={t("admin.findUser")} type="search" value={typed} onValue={setTyped} />
        <button type="submit" class="button">
          {t("action.search")}
        </button>
      </form>
      <Table
        caption={t("admin.users")}
        list={list}
        heads={[t("admin.user"), t("admin.role"), t("storage.title"), t("admin.since"), t("column.actions")]}
        empty={{ icon: "user", title: t("admin.noUsers") }}
        row={(user) => [
          <Person key="person" user={user} />,
          t(user.role === "admin" ? "role.admin" : "role.user"),
          <Used key="used" user={user} />,
          day(user.created_at),
          <MenuButton key="menu" label={t("item.more", { name: user.email })} items={() => menu(user, list)}>
            <Icon name="more" />
          </MenuButton>,
        ]}
      />
    </>
  );
}

function Person({ user }: { user: AdminUser }) {
  return (
    <span class="row-text">
      <span>
        {user.name ?? user.email}
        {user.suspended && <span class="badge danger">{t("admin.suspended")}</span>}
      </span>
      {user.name && <span class="muted">{user.email}</span>}
    </span>
  );
}

function Used({ user }: { user: AdminUser }) {
  const { used_bytes: used, quota_bytes: quota } = user.storage;
  if (typeof quota !== "number") return <>{size(used)}</>;
  const text = t("storage.of", { used: size(used), quota: size(quota) });
  const part = quota === 0 ? 1 : used / quota;
  return (
    <span class="used">
      {text}
      <Bar value={part} label={text} tone={part > 0.9 ? "danger" : ""} />
    </span>
  );
}

function menu(user: AdminUser, list: PagedList<AdminUser>): MenuItem[] {
  const change = async (changes: UserChanges, told: string) => {
    const changed = await api.changeUser(user.id, changes);
    list.edit((users) => users.map((entry) => (entry.id === user.id ? changed : entry)));
    toast(told);
  };
  const items: MenuItem[] = [
    {
      label: t("admin.setQuota"),
      icon: "edit",
      run: () => open((close) => <Quota user={user} change={change} close={close} />),
    },
  ];
  // Admins can't lock themselves out.
  if (user.id === account.value?.id) return items;
  const isAdmin = user.role === "admin";
  items.push({
    label: t(isAdmin ? "admin.demote" : "admin.promote"),
    icon: "shield",
    run: () =>
      confirm({
        title: t(isAdmin ? "admin.demote" : "admin.promote"),
        text: t(isAdmin ? "admin.demoteText" : "admin.promoteText", { name: user.email }),
        confirm: t(isAdmin ? "admin.demote" : "admin.promote"),
        run: () => change({ role: isAdmin ? "user" : "admin" }, t("settings.saved")),
      }),
  });
  if (user.suspended) {
    items.push({
      label: t("admin.resume"),
      icon: "play",
      run: () => void change({ suspended: false }, t("admin.resumed", { name: user.email })).catch(toastError),
    });
  } else {
    items.push({
      label: t("admin.suspend"),
      icon: "pause",
      run: () =>
        confirm({
          title: t("admin.suspend"),
          text: t("admin.suspendText", { name: user.email }),
          confirm: t("admin.suspend"),
          danger: true,
          run: () => change({ suspended: true }, t("admin.nowSuspended", { name: user.email })),
        }),
    });
  }
  items.push({
    label: t("admin.remove"),
    icon: "trash",
    danger: true,
    run: () =>
      confirm({
        title: t("admin.remove"),
        text: t("admin.removeText", { name: user.email }),
        confirm: t("admin.remove"),
        danger: true,
        run: async () => {
          await api.removeUser(user.id);
          list.edit((users) => users.filter((entry) => entry.id !== user.id));
          toast(t("admin.removed", { name: user.email }));
        },
      }),
  });
  return items;
}

interface QuotaProps {
  user: AdminUser;
  change: (changes: UserChanges, told: string) => Promise<void>;
  close: () => void;
}

function Quota({ user, change, close }: QuotaProps) {
  const own = user.quota_bytes;
  const [gigabytes, setGigabytes] = useState(typeof own === "number" ? String(own / GIGABYTE) : "");
  return (
    <FormDialog
      title={t("admin.quotaOf", { name: user.email })}
      submit={t("action.save")}
      onClose={close}
      onSubmit={async () => {
        const quota_bytes = gigabytes === "" ? null : Math.round(Number(gigabytes) * GIGABYTE);
        await change({ quota_bytes }, t("settings.saved"));
        close();
      }}
    >
      <Field
        label={t("admin.quotaField")}
        type="number"
        min={0}
        value={gigabytes}
        onValue={setGigabytes}
        hint={t("admin.quotaHint")}
        autofocus
      />
    </FormDialog>
  );
}
