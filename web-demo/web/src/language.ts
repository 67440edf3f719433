/** Returns true if the nearest `lang` (BCP 47) is English. Any other language is shown as Chinese. */
export function isEnglish(element: Element): boolean {
  const tag = element.closest("[lang]")?.getAttribute("lang") ?? "";
  return tag.toLowerCase().startsWith("en");
}
