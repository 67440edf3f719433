/**
 * Asks for the code of the page's `<qr-login>` while the element's own script, which is much larger, is still on its way.
 * Optional: without it, or when it comes too late, the element asks by itself.
 */
import { STORAGE_KEY, openAhead } from "@saoma/client";
import { gatewayOf, requestOf } from "./request.ts";

function ask(): void {
  const element = document.querySelector("qr-login");
  // The element has asked already, nobody looks, or a login of before a reload is come back to.
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

if (document.querySelector("qr-login") === null) document.addEventListener("DOMContentLoaded", ask);
else ask();
