/** Title and icon of the page while they follow the login, so that a person in another tab sees what happens here. */
import { element } from "./dom.ts";
import { type Icon, ICONS } from "./icons.ts";

/** Sign of a state: words before the page's title, an icon and its colour. */
export interface Sign {
  readonly words: string;
  readonly icon: Icon;
  readonly colour: string;
}

/** Changes the page's title and icon, and puts them back. */
export class PageSigns {
  #title: string | undefined;
  #shown = "";
  #icon: HTMLLinkElement | undefined;
  #icons: Element[] = [];

  /** Shows a sign, or the page's own title and icon. */
  show(sign: Sign | undefined): void {
    if (!sign) return this.restore();
    // A title that the page has changed since is its own.
    if (this.#title === undefined || document.title !== this.#shown) this.#title = document.title;
    document.title = `${sign.words} · ${this.#title}`;
    // As the browser has it, without spaces at its end.
    this.#shown = document.title;
    if (!this.#icon) {
      this.#icons = Array.from(document.querySelectorAll('link[rel~="icon"]'));
      for (const icon of this.#icons) icon.remove();
      document.head.append((this.#icon = element("link", { rel: "icon" })));
    }
    this.#icon.href = picture(sign);
  }

  /** Puts the page's own title and icon back. */
  restore(): void {
    if (this.#title !== undefined && document.title === this.#shown) document.title = this.#title;
    this.#title = undefined;
    this.#icon?.remove();
    this.#icon = undefined;
    document.head.append(...this.#icons);
    this.#icons = [];
  }
}

function picture({ icon, colour }: Sign): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 32 32"><circle cx="12" cy="12" r="16" fill="${colour}"/><path d="${ICONS[icon]}" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
