import { effect, type Signal, signal } from "@preact/signals";

/** A choice that this browser keeps. What is stored is only taken when `valid` says so. */
export function stored<T>(name: string, initial: T, valid: (value: unknown) => value is T): Signal<T> {
  const value = signal(read(name, initial, valid));
  effect(() => localStorage.setItem(name, JSON.stringify(value.value)));
  return value;
}

function read<T>(name: string, initial: T, valid: (value: unknown) => value is T): T {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(name) ?? "null");
    return valid(value) ? value : initial;
  } catch {
    return initial;
  }
}
