/** What most visits do not show: one script, loaded with the first of it. */
export { openHelp } from "../app/help";
export { AdminPage } from "./admin/page";
export { Details } from "./files/details";
export { pickFolder } from "./files/picker";
export { SettingsPage } from "./settings/page";
export { ViewerPage } from "./viewer/page";
