import { t } from "../../i18n";
import { Dialog, open } from "../../ui/dialog";

export type Choice = "rename" | "replace" | "skip";

/** Asks once what is to become of entries whose names are taken. Closing the dialog skips them. */
export function askConflict(names: readonly string[], canReplace: boolean): Promise<Choice> {
  return new Promise((resolve) => {
    open((close) => {
      const answer = (choice: Choice) => () => {
        close();
        resolve(choice);
      };
      return (
        <Dialog title={t("conflict.title", { count: names.length })} onClose={answer("skip")}>
          <p>{t("conflict.text", { count: names.length })}</p>
          <ul class="name-list">
            {names.slice(0, 5).map((name) => (
              <li key={name}>{name}</li>
            ))}
          </ul>
          {names.length > 5 && <p class="muted">{t("conflict.others", { count: names.length - 5 })}</p>}
          <div class="dialog-foot">
            <button type="button" class="button" onClick={answer("skip")}>
              {t("conflict.skip")}
            </button>
            {canReplace && (
              <button type="button" class="button" onClick={answer("replace")}>
                {t("conflict.replace")}
              </button>
            )}
            <button type="button" class="button primary" onClick={answer("rename")}>
              {t("conflict.keep")}
            </button>
          </div>
        </Dialog>
      );
    });
  });
}
