/** The element's stylesheet, for every element of a page. */
import text from "./qr-login.css";

export const styles = new CSSStyleSheet();
styles.replaceSync(text);
