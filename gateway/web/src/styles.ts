/** The element's stylesheet: shared by all elements of a page, or loaded from the gateway where browsers cannot share it. */
import text from "./qr-login.css";
import { element } from "./dom.ts";

let shared: CSSStyleSheet | undefined;

/**
 * Styles a shadow root. Safari before 16.4 and Firefox before 101 load the same rules from the gateway, because a strict
 * content security policy blocks inline styles: their `style-src` then needs the gateway's origin.
 */
export function applyStyles(root: ShadowRoot, gateway: string): void {
  if ("adoptedStyleSheets" in root) {
    if (!shared) {
      shared = new CSSStyleSheet();
      shared.replaceSync(text);
    }
    root.adoptedStyleSheets = [shared];
  } else if (!(root as ShadowRoot).querySelector("link")) {
    (root as ShadowRoot).prepend(element("link", { rel: "stylesheet", href: `${gateway}/assets/qr-login.css` }));
  }
}
