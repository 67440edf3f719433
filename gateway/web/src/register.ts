import { QrLogin } from "./qr-login.ts";

if (customElements.get("qr-login") === undefined) customElements.define("qr-login", QrLogin);
