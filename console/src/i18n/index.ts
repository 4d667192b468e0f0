import { computed, signal } from "@preact/signals";
import { reached } from "../api/scripts";
import { en } from "./en";
import { base, localeOf } from "./locale";
import { type Message, type Values, write } from "./message";

/** The texts of the console: a catalogue has each of them. */
export type Key = keyof typeof en.messages;

export interface Catalogue {
  /** BCP 47. */
  language: string;
  /** Its own name of itself. */
  name: string;
  direction: "ltr" | "rtl";
  messages: { [K in Key]: (typeof en.messages)[K] extends string ? string : Message };
}

/** Languages that are there, and how to load those that are not in the first script. */
export const languages = [
  { language: "en", name: "English", load: async (): Promise<Catalogue> => en },
  { language: "de", name: "Deutsch", load: async (): Promise<Catalogue> => (await reached(() => import("./de"))).de },
] as const;

const STORED = "language";
const catalogue = signal<Catalogue>(en);
/** The language that was chosen here, by its tag. */
const chosen = signal<string | null>(null);
const rules = computed(() => new Intl.PluralRules(catalogue.value.language));

/** The language of the texts. */
export const language = computed(() => catalogue.value.language);

/** The locale of dates, sizes and numbers: the browser's, but where somebody chose a language that the browser does not have. */
export const locale = computed(() => localeOf(language.value, chosen.value, navigator.languages));

const numbers = computed(() => new Intl.NumberFormat(locale.value));

/** The text of `key` in the language that is in use. */
export function t(key: Key, values: Values = {}): string {
  return write(catalogue.value.messages[key], values, rules.value, numbers.value);
}

/** Whether there is a text of this name, for those that are made from a code of the service. */
export function isKey(key: string): key is Key {
  return Object.hasOwn(en.messages, key);
}

/** Uses the language that was chosen here before, else the first of the browser's that is there. */
export async function startLanguage(): Promise<void> {
  chosen.value = localStorage.getItem(STORED);
  const wanted = [chosen.value, ...navigator.languages].map((tag) => base(tag ?? ""));
  const found = wanted.find((tag) => languages.some((entry) => entry.language === tag));
  await use(found ?? "en");
}

export async function chooseLanguage(tag: string): Promise<void> {
  localStorage.setItem(STORED, tag);
  chosen.value = tag;
  await use(tag);
}

async function use(tag: string): Promise<void> {
  const entry = languages.find((candidate) => candidate.language === tag) ?? languages[0];
  catalogue.value = await entry.load();
  document.documentElement.lang = catalogue.value.language;
  document.documentElement.dir = catalogue.value.direction;
}
