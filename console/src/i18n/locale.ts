/**
 * The locale of dates, sizes and numbers: the first of the browser's of this language, or its first of all where the language is
 * not one that was chosen here. A tag of a browser may be no locale: Chromium has told `en-US@posix`.
 */
export function localeOf(language: string, chosen: string | null, tags: readonly string[]): string {
  const locales = tags.filter(isLocale);
  const own = locales.find((tag) => base(tag) === language);
  return own ?? (chosen === language ? language : (locales[0] ?? language));
}

/** The language of a tag, without its script and region. */
export const base = (tag: string): string => tag.split("-", 1)[0]?.toLowerCase() ?? "";

function isLocale(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}
