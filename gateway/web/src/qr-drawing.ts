/** QR codes as SVG. They are black, on white from the stylesheet, in every colour scheme. */
import { svgElement } from "./dom.ts";
import { qrSymbol } from "./qr-symbol.ts";

const QUIET_MODULES = 4;

/** Draws the code of `text`, with error correction M. `label` is its name for a screen reader. */
export function drawQr(text: string, label: string): SVGElement {
  const { size, isDark } = qrSymbol(text);
  let d = "";
  for (let y = 0; y < size; y++) {
    // One shape for each run of dark modules in a row takes half as many as one for each module.
    for (let x = 0, end = 0; x < size; x = end + 1) {
      for (end = x; isDark(end, y); ) end++;
      if (end > x) d += `M${x} ${y}h${end - x}v1h${x - end}z`;
    }
  }
  const length = size + 2 * QUIET_MODULES;
  const viewBox = `-${QUIET_MODULES} -${QUIET_MODULES} ${length} ${length}`;
  return svgElement(
    "svg",
    { viewBox, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svgElement("path", { d }),
  );
}
