/** Ring around the code that shows the time left. It has no text, so that nothing is read out as it moves. */
import { svgElement } from "./dom.ts";

/** A square with round corners, from the middle of its upper side clockwise. */
const OUTLINE = "M50 1h39a10 10 0 0 1 10 10v78a10 10 0 0 1-10 10H11A10 10 0 0 1 1 89V11A10 10 0 0 1 11 1z";

/** Seconds from which the ring warns. */
const LOW_SECONDS = 20;

/** The ring's picture, and the time that it began with. */
export class TimeRing {
  readonly #bar = svgElement("path", { class: "bar", d: OUTLINE, pathLength: "100" });
  readonly picture = svgElement(
    "svg",
    { class: "ring", viewBox: "0 0 100 100", "aria-hidden": "true", focusable: "false" },
    svgElement("path", { class: "track", d: OUTLINE }),
    this.#bar,
  );
  #deadline: number | undefined;
  #whole = 0;

  /** Shows the milliseconds until `deadline` as a part of what they were when it was set. Without a deadline nothing shows. */
  show(deadline: number | undefined): void {
    const left = deadline === undefined ? 0 : Math.max(0, deadline - Date.now());
    if (deadline !== this.#deadline) {
      this.#deadline = deadline;
      this.#whole = left;
    }
    const isLow = left <= LOW_SECONDS * 1000;
    this.picture.setAttribute("class", `ring${deadline === undefined ? " off" : isLow ? " low" : ""}`);
    this.#bar.setAttribute("stroke-dashoffset", String(this.#whole === 0 ? 100 : Math.round(1000 * (1 - left / this.#whole)) / 10));
  }
}
