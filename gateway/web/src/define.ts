/** Defines `<qr-login>`, once, and tells TypeScript its tag and its event. Importing the class alone defines nothing. */
import type { LoginStateEvent } from "./login-state-event.ts";
import { QrLoginElement } from "./qr-login-element.ts";

declare global {
  interface HTMLElementTagNameMap {
    "qr-login": QrLoginElement;
  }
  interface GlobalEventHandlersEventMap {
    "saoma-state": LoginStateEvent;
  }
}

if (!customElements.get("qr-login")) customElements.define("qr-login", QrLoginElement);
