/** Storage of the values by which the gateway recognises this browser, per origin. A logout leaves them: they prove no login. */
import { type KnownBrowser, knownBrowser } from "@saoma/client";
import { KNOWN_COOKIE, KNOWN_KEY } from "./known-keys.ts";

const COOKIE_SECONDS = 180 * 24 * 3600;

/**
 * Returns the known values of an element's page: in its `localStorage`, or with the attribute `remember="cookie"` in a
 * cookie, as on the gateway's own page.
 */
export function knownOf(element: Element): KnownBrowser {
  const isInCookie = () => element.getAttribute("remember") === "cookie";
  return knownBrowser(
    () => (isInCookie() ? readCookie() : localStorage.getItem(KNOWN_KEY)),
    (text) => (isInCookie() ? writeCookie(text) : localStorage.setItem(KNOWN_KEY, text)),
  );
}

function readCookie(): string | undefined {
  const name = cookieName();
  return document.cookie.split("; ").find((cookie) => cookie.startsWith(name))?.slice(name.length);
}

function writeCookie(text: string): void {
  document.cookie = `${cookieName()}${text}; Path=/; Max-Age=${COOKIE_SECONDS}; SameSite=Strict${isSecure() ? "; Secure" : ""}`;
}

/** Returns the cookie's name and `=`. Browsers accept the prefix only over HTTPS, and keep other hosts from setting the cookie. */
const cookieName = (): string => (isSecure() ? "__Host-" : "") + KNOWN_COOKIE;

const isSecure = (): boolean => location.protocol === "https:";
