// Bundles stylesheets for the oldest browsers.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build, transform } from "esbuild";
import postcss from "postcss";
import { FOR_OLDEST } from "./versions.mjs";

/** Sides of the logical axes. All languages of the pages are written from left to right, from top to bottom. */
const SIDES = { block: ["top", "bottom"], inline: ["left", "right"] };

/** Bundles stylesheets by these options of esbuild. */
export async function buildStyles(options) {
  const bundled = await build({ ...options, ...FOR_OLDEST, minify: false, bundle: true, write: false });
  for (const { path, text } of bundled.outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await olderStyles(text));
  }
}

/**
 * Returns a stylesheet in older notations, minified: `inset` and logical shorthands as sides, `:is()` and `:not()` without lists, and
 * an older declaration before `overflow-wrap: anywhere`. esbuild does the rest.
 */
export async function olderStyles(stylesheet) {
  const root = postcss.parse(stylesheet);
  root.walkDecls((declaration) => {
    const { prop, value } = declaration;
    const pairs = asSides(prop, value);
    if (pairs.length > 0) declaration.replaceWith(pairs.map(([prop, value]) => declaration.clone({ prop, value })));
    else if (prop === "overflow-wrap" && value === "anywhere") declaration.cloneBefore({ value: "break-word" });
  });
  root.walkRules((rule) => {
    if (rule.parent?.type === "atrule" && rule.parent.name.endsWith("keyframes")) return;
    rule.selectors = rule.selectors.flatMap(withoutLists);
  });
  const { code } = await transform(root.toString(), { ...FOR_OLDEST, loader: "css" });
  return code;
}

/** Returns a declaration of several or logical sides as declarations of sides, or nothing if all browsers know it. */
function asSides(prop, value) {
  const values = value.match(/(?:[^\s()]|\((?:[^()]|\([^()]*\))*\))+/g) ?? [];
  if (prop === "inset") {
    const [top, right = top, bottom = top, left = right] = values;
    return Object.entries({ top, right, bottom, left });
  }
  const [, name, axis, end] = /^(margin|padding|inset|scroll-margin|scroll-padding|border)-(block|inline)(-start|-end)?$/.exec(prop) ?? [];
  // Margins, paddings and borders of one logical side are older than the browsers.
  if (name === undefined || (end !== undefined && /^(margin|padding|border)$/.test(name))) return [];
  const sides = SIDES[axis].filter((_, index) => end === undefined || (end === "-start") === (index === 0));
  return sides.map((side, index) => [name === "inset" ? side : `${name}-${side}`, name === "border" ? value : (values[index] ?? values[0])]);
}

/** Returns selectors that match together what this one matches. Of an `:is()` with a list, each gets one member. */
function withoutLists(selector) {
  const list = /:(is|not)\(([^()]*,[^()]*)\)/.exec(selector);
  if (list === null) return [selector.replace(/(^|[\s>+~]):is\(([^()]*)\)/g, "$1$2")];
  const [written, kind, members] = list;
  const each = members.split(",").map((member) => member.trim());
  const before = selector.slice(0, list.index);
  const after = selector.slice(list.index + written.length);
  if (kind === "not") return withoutLists(before + each.map((member) => `:not(${member})`).join("") + after);
  return each.flatMap((member) => withoutLists(before + member + after));
}
