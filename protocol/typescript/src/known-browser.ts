/**
 * Values by which a gateway recognises a browser in which a person has logged in before: that person is not asked again
 * whether it is they who scan. A value proves no login, and only the gateway can read it.
 */
import { MAX_KNOWN_PERSONS, type OpenRequest } from "./generated.ts";

/** Keeper of a browser's values. */
export interface KnownBrowser {
  /** Returns the values, newest first. */
  values(): readonly string[];
  /** Keeps a value of the gateway. */
  keep(value: string): void;
}

/** A value as the gateway makes it: no other text goes into a request. */
const VALUE = /^[\w.~-]{1,200}$/;

/**
 * Returns a keeper of the 8 newest values in one text, which `read` returns and `write` replaces. Either may throw where
 * the browser keeps nothing: the gateway then asks again at the next login.
 */
export function knownBrowser(read: () => string | null | undefined, write: (text: string) => void): KnownBrowser {
  const values = () => {
    try {
      return (read() ?? "").split(" ").filter((value) => VALUE.test(value)).slice(0, MAX_KNOWN_PERSONS);
    } catch {
      return [];
    }
  };
  return {
    values,
    keep: (value) => {
      try {
        write([value, ...values().filter((other) => other !== value)].slice(0, MAX_KNOWN_PERSONS).join(" "));
      } catch {
        // The storage is full or denied.
      }
    },
  };
}

/** Returns the message that opens a login, with the values of the browser if there are any. */
export function openOf(request: OpenRequest, browser: KnownBrowser | undefined): { readonly type: "open" } & OpenRequest {
  const known = browser?.values().slice(0, MAX_KNOWN_PERSONS) ?? [];
  return { type: "open", ...request, ...(known.length > 0 && { known }) };
}
