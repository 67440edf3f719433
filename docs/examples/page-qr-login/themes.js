// Shows <qr-login> in the four looks of themes.css, each with a login of its own. Nobody redeems their codes.
import { CLIENT_ID, GATEWAY } from "./settings.js";

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

await import(`${GATEWAY}/assets/qr-login.js`);
for (const theme of ["office", "library", "bank", "hall"]) {
  const element = document.createElement("qr-login");
  const attributes = {
    class: `theme-${theme}`,
    gateway: GATEWAY,
    "client-id": CLIENT_ID,
    "redirect-uri": new URL("./", location.href).href,
    "code-challenge": base64url(crypto.getRandomValues(new Uint8Array(32))),
  };
  // These two have no dark colours.
  if (theme === "library" || theme === "hall") attributes.scheme = "light";
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  document.body.append(element);
}
