/** The language in which an element speaks: that of the nearest `lang`. Chinese unless it is English (BCP 47). */
export function isEnglish(element: Element): boolean {
  const tag = element.closest("[lang]")?.getAttribute("lang") ?? "";
  return tag.toLowerCase().startsWith("en");
}
