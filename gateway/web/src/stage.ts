/** The square with the code or, in its place and of its size, the person or an icon. Nothing around it moves. */
import type { LoginState } from "@saoma/client";
import { element, setChildren, svgElement } from "./dom.ts";
import { drawIcon } from "./icons.ts";
import { drawQr } from "./qr-drawing.ts";
import { TimeRing } from "./time-ring.ts";
import { STAGE_ICONS, viewOf } from "./view.ts";

/** Corners of a code that has not come. */
const GHOST = [0, 18, 18 * 25].map((at) => `M${at % 25} ${Math.floor(at / 25)}h7v7h-7zm1 1v5h5v-5zm1 1h3v3h-3z`).join("");

export class Stage {
  readonly #ring = new TimeRing();
  readonly #code = element("div", { class: "code", part: "code" });
  readonly #cover = element("div", { class: "cover" });
  readonly #badge = element("div", { class: "badge", hidden: "hidden", "aria-hidden": "true" }, drawIcon("offline"));
  readonly root = element("div", { class: "stage", part: "body" }, this.#ring.picture, this.#code, this.#cover, this.#badge);
  /** Text and label of the drawn code. */
  #drawn = "";

  /** Draws a state. `refresh` lies over a code that has expired. */
  draw(state: LoginState, label: string, refresh: Node): void {
    const view = viewOf(state);
    // A code that is over stays, blurred, in its place.
    const isStale = view === "expired" || view === "superseded";
    if (state.name === "waiting") this.#drawCode(state.qr, label);
    else if ((isStale && !this.#drawn) || view === "loading") this.#drawGhost();
    else if (!isStale) this.#drawNothing();
    this.#code.classList.toggle("stale", isStale);
    if (isStale) this.#code.setAttribute("aria-hidden", "true");
    else this.#code.removeAttribute("aria-hidden");
    setChildren(this.#cover, ...this.#picture(state, refresh));
  }

  /** Shows the time left, and a mark while the connection is being made anew. */
  update(deadline: number | undefined, isLost: boolean): void {
    this.#ring.show(deadline);
    this.#badge.hidden = !isLost;
  }

  #drawCode(text: string, label: string): void {
    if (this.#drawn === text + label) return;
    this.#drawn = text + label;
    setChildren(this.#code, drawQr(text, label));
  }

  #drawGhost(): void {
    this.#drawNothing();
    const path = svgElement("path", { d: GHOST, "fill-rule": "evenodd" });
    this.#code.append(svgElement("svg", { class: "ghost", viewBox: "-4 -4 33 33", "aria-hidden": "true" }, path));
  }

  #drawNothing(): void {
    this.#drawn = "";
    setChildren(this.#code);
  }

  #picture(state: LoginState, refresh: Node): Node[] {
    const view = viewOf(state);
    if (view === "expired") return [refresh];
    if (state.name === "scanned") {
      const mark = element("span", { class: "mark" }, drawIcon(view === "asked" ? "question" : "tick"));
      // Hidden, because the status line says the same in words.
      return [element("div", { class: "person", "aria-hidden": "true" }, state.person, mark)];
    }
    const icon = STAGE_ICONS[view];
    return icon ? [element("div", { class: "disc", "aria-hidden": "true" }, drawIcon(icon))] : [];
  }
}
