/** A QR code as SVG: dark on light in every colour scheme, since many readers know nothing else. */
import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
const QUIET_MODULES = 4;

export function drawQr(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { ecc: "M", border: QUIET_MODULES });
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("shape-rendering", "crispEdges");
  svg.append(shape("rect", { width: "100%", height: "100%", fill: "#fff" }));
  const dark = data.flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")));
  svg.append(shape("path", { d: dark.join(""), fill: "#000" }));
  return svg;
}

function shape(name: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
