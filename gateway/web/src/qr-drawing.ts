/** A QR code as SVG: black on the white that the stylesheet puts under it, in every colour scheme. */
import { correction, generate } from "lean-qr/nano";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_MODULES = 4;

export function drawQr(text: string, label: string): SVGElement {
  const code = generate(text, { minCorrectionLevel: correction.M });
  let dark = "";
  for (let y = 0; y < code.size; y++) {
    // A shape for each run of dark modules in a row: half as many as there are modules.
    for (let x = 0, end = 0; x < code.size; x = end + 1) {
      for (end = x; code.get(end, y); ) end++;
      if (end > x) dark += `M${x} ${y}h${end - x}v1h${x - end}z`;
    }
  }
  const [from, length] = [-QUIET_MODULES, code.size + 2 * QUIET_MODULES];
  const svg = shape("svg", { viewBox: `${from} ${from} ${length} ${length}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  svg.append(shape("path", { d: dark }));
  return svg;
}

function shape(name: "path" | "svg", attributes: Readonly<Record<string, string>>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
