import { useId } from "preact/hooks";
import { chooseLanguage, language, languages, t } from "../i18n";
import { toastError } from "./toast";

export function LanguageSelect({ labelled = false }: { labelled?: boolean }) {
  const id = useId();
  return (
    <div class={labelled ? "field" : "language"}>
      <label for={id} class={labelled ? "" : "visually-hidden"}>
        {t("settings.language")}
      </label>
      <select
        id={id}
        class="input select"
        value={language.value}
        onChange={(event) => void chooseLanguage(event.currentTarget.value).catch(toastError)}
      >
        {languages.map((entry) => (
          <option key={entry.language} value={entry.language} lang={entry.language}>
            {entry.name}
          </option>
        ))}
      </select>
    </div>
  );
}
