/** A QR code as SVG: black on the white that the stylesheet puts under it, in every colour scheme. */
import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_MODULES = 4;

export function drawQr(text: string, label: string): SVGElement {
  const { data, size } = encode(text, { ecc: "M", border: QUIET_MODULES });
  const dark = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  const path = shape("path", { d: dark.join("") });
  const svg = shape("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  svg.append(path);
  return svg;
}

function shape(name: "path" | "svg", attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
