/** What a built stylesheet uses that is newer than the oldest browsers and has nothing older to fall back on. */
import type { Identifier } from "@mdn/browser-compat-data";
import postcss, { type Declaration, type Rule } from "postcss";

import { compat, featuresOf, isNewer } from "./compat.ts";

const { css } = compat;

/** Functions of values by name: whether each is newer. */
const functions = new Map<string, boolean>();

/** Media features without which a block just does not apply, as where the preference cannot be stated. */
const PREFERENCES = /\((forced-colors|prefers-contrast|prefers-reduced-transparency|scripting|dynamic-range)\b/;

/**
 * Returns what is newer, such as `aspect-ratio`, `color: color-mix()`, `:focus-visible` or `@layer`. Selectors with `:has()`
 * and lists of selectors are returned whole: one newer selector takes the others of its list with it.
 */
export function newerStylesIn(stylesheet: string): string[] {
  const found = new Set<string>();
  const root = postcss.parse(stylesheet);
  root.walkAtRules((rule) => {
    if (isNewerFeature(css["at-rules"]?.[rule.name])) found.add(`@${rule.name}`);
    if (rule.name === "media" && /[<>]/.test(rule.params)) found.add("@media with < or >");
    if (rule.name === "media") {
      for (const [, feature = ""] of rule.params.matchAll(/\(([a-z-]+)/g)) {
        const isKnown = PREFERENCES.test(`(${feature}`) || !isNewerFeature(css["at-rules"]?.["media"]?.[feature]);
        if (!isKnown) found.add(`@media (${feature})`);
      }
    }
  });
  root.walkRules((rule) => {
    if (isBehindSupports(rule) || isKeyframe(rule)) return;
    if (rule.parent?.type === "rule") found.add("nested rules");
    for (const name of newerSelectorsIn(rule.selector)) found.add(name === ":has" || rule.selectors.length > 1 ? rule.selector : name);
    const older = new Set<string>();
    const isFlex = rule.nodes.some((node) => node.type === "decl" && node.prop === "display" && /flex/.test(node.value));
    for (const node of rule.nodes) {
      if (node.type !== "decl") continue;
      const newer = newerIn(node, isFlex);
      if (newer === undefined) older.add(node.prop.replace(/^-(webkit|moz)-/, ""));
      else if (!older.has(node.prop)) found.add(newer);
    }
  });
  return [...found].sort();
}

/** Returns what is newer in a declaration. */
function newerIn({ prop, value }: Declaration, isFlex: boolean): string | undefined {
  // Of fonts a browser takes what it has.
  if (prop.startsWith("-") || prop.startsWith("font")) return undefined;
  const property = css.properties?.[prop];
  if (isNewerFeature(property)) return prop;
  if (isFlex && /^(row-|column-)?gap$/.test(prop)) return `${prop} in flex`;
  const unquoted = value.replace(/"[^"]*"|'[^']*'|url\([^)]*\)/g, "");
  if (/\d(?:[dsl]v(?:w|h|i|b|min|max)|v[ib]|cq\w+|r?lh|r?cap|rex|ric|rch)\b/.test(unquoted)) return `${prop}: ${value}`;
  // The `rect()` of `clip` is from CSS 2; that of shapes is newer.
  for (const [, name = ""] of unquoted.matchAll(/([a-z-]+)\(/g)) if (prop !== "clip" && functionsByName().get(name)) return `${prop}: ${name}()`;
  for (const [word] of unquoted.matchAll(/(?<![\w-(])[a-z][a-z-]+(?![\w-]*\()/g)) {
    if (isNewerFeature(property?.[word]) || isNewerFeature(property?.[word.replaceAll("-", "_")])) return `${prop}: ${word}`;
  }
  return undefined;
}

function newerSelectorsIn(selector: string): string[] {
  const plain = selector.replace(/\[[^\]]*\]/g, "");
  const names = [...plain.matchAll(/::?([a-z-]+)/g)].map(([written, name = ""]) => ({ written, name }));
  const newer = names.filter(({ name }) => isNewerFeature(css.selectors?.[name])).map(({ written }) => written);
  return /:not\([^()]*,/.test(plain) ? [...newer, ":not() with a list"] : newer;
}

function isNewerFeature(feature: Identifier | undefined): boolean {
  return feature?.__compat !== undefined && isNewer(feature.__compat);
}

function isBehindSupports(rule: Rule): boolean {
  for (let above = rule.parent; above && above.type !== "root"; above = above.parent as typeof above) {
    if (above.type === "atrule" && "name" in above && above.name === "supports") return true;
  }
  return false;
}

function isKeyframe({ parent }: Rule): boolean {
  return parent?.type === "atrule" && "name" in parent && String(parent.name).endsWith("keyframes");
}

function functionsByName(): ReadonlyMap<string, boolean> {
  const visit = (feature: Identifier) => {
    for (const [name, inner, statement] of featuresOf(feature)) {
      if (!functions.has(name)) functions.set(name, isNewer(statement));
      visit(inner);
    }
  };
  if (functions.size === 0 && css.types) visit(css.types);
  return functions;
}
