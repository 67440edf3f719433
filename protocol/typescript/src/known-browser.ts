/**
 * Values by which a gateway recognises a browser in which a person has logged in before: that person is not asked again
 * whether it is they who scan. A value proves no login, and only the gateway can read it.
 */
import { MAX_KNOWN_PERSONS, type OpenRequest } from "./generated.ts";

/** Keeper of a browser's values. */
export interface KnownBrowser {
  /** Returns the values, newest first, at most 8. */
  values(): readonly string[];
  /**
   * Keeps a value of the gateway. `isRenewal` is true if the browser knew the person already: one of the values is theirs,
   * and it cannot be told which.
   */
  keep(value: string, isRenewal: boolean): void;
}

/** A value as the gateway makes it: no other text goes into a request. */
const VALUE = /^[\w.~-]{1,200}$/;

/**
 * Returns a keeper of the 8 newest values in one text that `read` returns and `write` replaces. A cookie can hold it as it
 * is. Either may throw where the browser keeps nothing: the gateway then asks again at the next login. A renewal takes the
 * place of the only value; among several it is left out, because the logins of one person would push the others out.
 */
export function knownBrowser(read: () => string | null | undefined, write: (text: string) => void): KnownBrowser {
  const values = () => {
    try {
      return (read() ?? "").split("/").filter((value) => VALUE.test(value)).slice(0, MAX_KNOWN_PERSONS);
    } catch {
      return [];
    }
  };
  return {
    values,
    keep: (value, isRenewal) => {
      if (isRenewal && values().length > 1) return;
      try {
        write(isRenewal ? value : [value, ...values().filter((other) => other !== value)].slice(0, MAX_KNOWN_PERSONS).join("/"));
      } catch {
        // The storage is full or denied.
      }
    },
  };
}

/** Longest request, in characters, beside which 8 values fit into a message of 4,096 bytes. */
const MAX_REQUEST_LENGTH = 2048;

/** Returns the message that opens a login, with the values of the browser if there are any and they fit in. */
export function openOf(request: OpenRequest, browser: KnownBrowser | undefined): { readonly type: "open" } & OpenRequest {
  const known = [...(browser?.values() ?? [])];
  const fits = known.length > 0 && JSON.stringify(request).length <= MAX_REQUEST_LENGTH;
  return { type: "open", ...request, ...(fits && { known }) };
}
