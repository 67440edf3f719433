/** Elements made in one expression, without `innerHTML`. */

type Attributes = Readonly<Record<string, string>>;
type Children = readonly (Node | string)[];

/** Creates an HTML element. Empty attributes are left out. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes,
  ...children: Children
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children);
}

/** Creates an SVG element. Empty attributes are left out. */
export function svgElement(name: "path" | "svg", attributes: Attributes, ...children: Children): SVGElement {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

/** Replaces an element's children. `replaceChildren` is missing in Chrome before 86 and Safari before 14. */
export function setChildren(parent: Element, ...children: Children): void {
  parent.textContent = "";
  parent.append(...children);
}

function fill<E extends Element>(made: E, attributes: Attributes, children: Children): E {
  for (const [name, value] of Object.entries(attributes)) if (value) made.setAttribute(name, value);
  made.append(...children);
  return made;
}
