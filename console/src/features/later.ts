/** Pages that most visits do not show: one script, loaded with the first of them. */
export { AdminPage } from "./admin/page";
export { SettingsPage } from "./settings/page";
export { ViewerPage } from "./viewer/page";
