/** Names under which a page keeps the values of a known browser. */

/** Key in the page's `localStorage`. */
export const KNOWN_KEY = "saoma.known";

/** Cookie of the gateway's own page, with the prefix `__Host-` over HTTPS, and `=`. */
export const KNOWN_COOKIE = "saoma-known=";
