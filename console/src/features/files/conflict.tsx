import { useEffect } from "preact/hooks";
import { t } from "../../i18n";
import { Dialog, open } from "../../ui/dialog";

export type Choice = "rename" | "replace" | "skip";

interface QuestionProps {
  /** Those that are taken now: more may turn out while it is asked. */
  taken: () => readonly string[];
  canReplace: boolean;
  /** Null: the question has gone without an answer, as dialogs do when the session ends. */
  onAnswer: (choice: Choice | null) => void;
}

/** Asks once what is to become of entries whose names are taken. Closing the dialog skips them. */
export function askConflict(taken: () => readonly string[], canReplace: boolean): Promise<Choice | null> {
  return new Promise((resolve) => {
    open((close) => {
      const onAnswer = (choice: Choice | null) => {
        close();
        resolve(choice);
      };
      return <Question taken={taken} canReplace={canReplace} onAnswer={onAnswer} />;
    });
  });
}

function Question({ taken, canReplace, onAnswer }: QuestionProps) {
  const names = taken();
  useEffect(() => () => onAnswer(null), []);
  const answer = (choice: Choice) => () => onAnswer(choice);
  return (
    <Dialog
      title={t("conflict.title", { count: names.length })}
      text={t("conflict.text", { count: names.length })}
      onClose={answer("skip")}
    >
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
}
