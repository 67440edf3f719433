/**
 * Opens the login of the page's `<qr-login>` while the element's own script, which is much larger, is still loading.
 * Optional: without it, or if it arrives too late, the element opens its login itself.
 */
import { STORAGE_KEY, openAhead } from "@saoma/client";
import { KNOWN_COOKIE, KNOWN_KEY } from "./known-keys.ts";
import { gatewayOf, requestOf } from "./request.ts";

function open(): void {
  const element = document.querySelector("qr-login");
  // Not if the element has connected already, the page is hidden, or the element has more to say than an address may hold.
  if (element === null || customElements.get("qr-login") || document.hidden || hasSecrets()) return;
  openAhead(gatewayOf(element), requestOf(element));
}

/**
 * Returns true if a login from before a reload is resumed, or the browser is known: such a browser has the element's script
 * in its cache.
 */
function hasSecrets(): boolean {
  try {
    return (sessionStorage.getItem(STORAGE_KEY) ?? localStorage.getItem(KNOWN_KEY)) !== null || document.cookie.includes(KNOWN_COOKIE);
  } catch {
    return false;
  }
}

if (document.querySelector("qr-login") === null) document.addEventListener("DOMContentLoaded", open);
else open();
