/** A text that depends on a count, by the plural categories of its language (CLDR). */
export type Plural = { other: string } & Partial<Record<"zero" | "one" | "two" | "few" | "many", string>>;

export type Message = string | Plural;

export type Values = Record<string, string | number>;

/**
 * Writes a message: `{name}` stands for a value, numbers as the locale writes them. A plural is chosen by the value `count`.
 * A placeholder without a value stays as it is, which is easy to see and breaks nothing.
 */
export function write(message: Message, values: Values, rules: Intl.PluralRules, numbers: Intl.NumberFormat): string {
  const template = typeof message === "string" ? message : choose(message, values, rules);
  return template.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
    const value = values[name];
    if (value === undefined) return placeholder;
    return typeof value === "number" ? numbers.format(value) : value;
  });
}

function choose(message: Plural, values: Values, rules: Intl.PluralRules): string {
  const count = Number(values["count"] ?? 0);
  return message[rules.select(count)] ?? message.other;
}
