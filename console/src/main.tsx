import { render } from "preact";
import { startRouter } from "./app/router";
import { startSession } from "./app/session";
import { Shell } from "./app/shell";
import { startTheme } from "./app/theme";
import { startLanguage } from "./i18n";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/items.css";
import "./styles/pages.css";
import "./styles/print.css";

startTheme();
startSession();
startRouter();
await startLanguage().catch(() => undefined);
const root = document.getElementById("app");
if (root) render(<Shell />, root);
