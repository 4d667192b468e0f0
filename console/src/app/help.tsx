import { type Key, t } from "../i18n";
import { Dialog, open } from "../ui/dialog";

const keys: readonly (readonly [string, Key])[] = [
  ["↑ ↓ ← →", "help.move"],
  ["Home End", "help.ends"],
  ["Enter", "help.open"],
  ["Space", "help.select"],
  ["Shift + ↑ ↓", "help.range"],
  ["Ctrl + A", "help.all"],
  ["Esc", "help.clear"],
  ["F2", "help.rename"],
  ["Del", "help.trash"],
  ["Ctrl + X C V", "help.clipboard"],
  ["Shift + F10", "help.menu"],
  ["Alt + I", "help.details"],
  ["Backspace", "help.up"],
  ["/", "help.search"],
  ["?", "help.help"],
];

/** The keys that work in lists and everywhere; the single ones of these can be turned off in the settings. */
export function openHelp(): void {
  open((close) => (
    <Dialog title={t("help.title")} onClose={close} size="large">
      <dl class="keys">
        {keys.map(([combination, meaning]) => (
          <div key={meaning}>
            <dt>
              <kbd>{combination}</kbd>
            </dt>
            <dd>{t(meaning)}</dd>
          </div>
        ))}
      </dl>
      <p class="muted">{t("help.off")}</p>
    </Dialog>
  ));
}
