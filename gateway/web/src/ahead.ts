/**
 * Opens the login of the page's `<qr-login>` while the element's own script, which is much larger, is still loading.
 * Optional: without it, or if it arrives too late, the element opens its login itself.
 */
import { STORAGE_KEY, openAhead } from "@saoma/client";
import { gatewayOf, requestOf } from "./request.ts";

function open(): void {
  const element = document.querySelector("qr-login");
  // Not if the element has connected already, the page is hidden, or a login from before a reload is resumed.
  if (element === null || customElements.get("qr-login") || document.hidden || hasLogin()) return;
  openAhead(gatewayOf(element), requestOf(element));
}

function hasLogin(): boolean {
  try {
    return sessionStorage.getItem(STORAGE_KEY) !== null;
  } catch {
    return false;
  }
}

if (document.querySelector("qr-login") === null) document.addEventListener("DOMContentLoaded", open);
else open();
