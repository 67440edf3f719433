/** Icons of one family: strokes in a box of 24 units. */
import { svgElement } from "./dom.ts";

/** Paths by name. */
export const ICONS = {
  alert: "M12 6.5v7M12 17.4v.1",
  clock: "M12 7v5.2l3.4 2M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 1 0 0-17",
  cross: "M7 7l10 10M17 7L7 17",
  enlarge: "M9 4H4v5M15 4h5v5M9 20H4v-5M15 20h5v-5",
  offline: "M4 4l16 16M8.6 15.4a5 5 0 0 1 5.2-1.2M5 12a10 10 0 0 1 4.2-2.4M13 9a10 10 0 0 1 6 3M12 19v.1",
  phone: "M8 2.5h8a1.5 1.5 0 0 1 1.5 1.5v16a1.5 1.5 0 0 1-1.5 1.5H8A1.5 1.5 0 0 1 6.5 20V4A1.5 1.5 0 0 1 8 2.5zM11 18.5h2",
  question: "M9 9.2a3 3 0 1 1 4.6 2.5c-1 .7-1.6 1.2-1.6 2.3M12 17.4v.1",
  refresh: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3L20 9.5M20 4v5.5h-5.5",
  shield: "M12 3l7 2.5V11c0 4.6-2.9 8-7 10-4.1-2-7-5.4-7-10V5.5zM12 8v4.5M12 16v.1",
  tick: "M5.5 12.5l4.2 4.2 8.8-9",
  windows: "M8 8V4h12v12h-4M4 8h12v12H4z",
} as const;

export type Icon = keyof typeof ICONS;

/** Draws an icon in the colour of the text. Screen readers skip it. */
export function drawIcon(name: Icon): SVGElement {
  return svgElement(
    "svg",
    { viewBox: "0 0 24 24", class: `icon ${name}`, "aria-hidden": "true", focusable: "false" },
    svgElement("path", { d: ICONS[name], pathLength: "100" }),
  );
}
