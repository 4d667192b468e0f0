import { locale } from "./index";

const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

/** The number and the unit that a size is told in: powers of 1,000, one digit after the point below 100. */
export function scale(bytes: number): { value: number; unit: (typeof units)[number] } {
  let value = bytes;
  let power = 0;
  // What would be rounded up to 1,000 is one of the next unit.
  while (value >= (power === 0 ? 1000 : 999.95) && power < units.length - 1) {
    value /= 1000;
    power += 1;
  }
  return { value, unit: units[power] ?? "byte" };
}

const cache = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale.value} ${JSON.stringify(options)}`;
  const known = cache.get(key) as Intl.DateTimeFormat | undefined;
  if (known) return known;
  const made = new Intl.DateTimeFormat(locale.value, options);
  cache.set(key, made);
  return made;
}

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale.value} ${JSON.stringify(options)}`;
  const known = cache.get(key) as Intl.NumberFormat | undefined;
  if (known) return known;
  const made = new Intl.NumberFormat(locale.value, options);
  cache.set(key, made);
  return made;
}

export function size(bytes: number): string {
  const { value, unit } = scale(bytes);
  const digits = unit === "byte" || value >= 100 ? 0 : 1;
  // Bytes have no short name that counts: "1 byte", "2 byte".
  const unitDisplay = unit === "byte" ? "long" : "short";
  return numbers({ style: "unit", unit, unitDisplay, maximumFractionDigits: digits }).format(value);
}

export const number = (value: number): string => numbers({}).format(value);

/** `part` of 1, as a percentage without digits after the point. */
export const percent = (part: number): string => numbers({ style: "percent", maximumFractionDigits: 0 }).format(part);

/** A day, and for today the time alone. */
export function day(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return dates({ timeStyle: "short" }).format(date);
  return dates({ dateStyle: "medium" }).format(date);
}

export const dateTime = (iso: string): string =>
  dates({ dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

/** A span of time in its two largest parts at most: `1:05:09`, `5:09`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] === 0 ? parts.slice(1) : parts;
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

/** Whole days from now until `iso`; at least 0. */
export function daysUntil(iso: string, now: Date = new Date()): number {
  return Math.max(0, Math.ceil((new Date(iso).getTime() - now.getTime()) / 86_400_000));
}
