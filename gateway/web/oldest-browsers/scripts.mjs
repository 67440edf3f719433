// Bundles scripts for the oldest browsers.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parse } from "acorn";
import { build, transform } from "esbuild";
import { FOR_OLDEST } from "./versions.mjs";

/** Prefix of members that are private in the sources. The minifier shortens their names. */
const PRIVATE = "$$private";

/**
 * Bundles scripts by these options of esbuild.
 *
 * Private members (`#name`) become ordinary ones with short names. esbuild would keep each in a `WeakMap` of its own, which
 * makes `<qr-login>` 8 % larger.
 */
export async function buildScripts({ charset, ...options }) {
  const bundled = await build({ ...options, format: "esm", bundle: true, target: "esnext", charset: "utf8", legalComments: "none", write: false });
  for (const { path, text } of bundled.outputFiles) {
    const names = { mangleProps: /^\$\$private/, mangleCache: { id: false } };
    const { code } = await transform(withoutPrivateMembers(text), { ...FOR_OLDEST, ...names, format: options.format, charset });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
}

/** Returns the module with private members renamed. Members of a class that extends another get names of their own. */
function withoutPrivateMembers(module) {
  const renamed = [];
  let subclasses = 0;
  const visit = (node, classes) => {
    if (Array.isArray(node)) return node.forEach((child) => visit(child, classes));
    if (typeof node?.type !== "string") return;
    if (node.type === "PrivateIdentifier") {
      const { prefix } = classes.find(({ names }) => names.has(node.name)) ?? {};
      renamed.push({ ...node, name: `${prefix}$${node.name}` });
    }
    let inside = classes;
    if (node.type === "ClassBody") {
      const names = new Set(node.body.flatMap(({ key }) => (key?.type === "PrivateIdentifier" ? [key.name] : [])));
      inside = [{ names, prefix: node.ofSubclass ? `${PRIVATE}${++subclasses}` : PRIVATE }, ...classes];
    }
    if (node.superClass) node.body.ofSubclass = true;
    for (const child of Object.values(node)) visit(child, inside);
  };
  visit(parse(module, { ecmaVersion: "latest", sourceType: "module" }), []);
  let code = "";
  let end = 0;
  for (const { name, start, end: next } of renamed.sort((one, other) => one.start - other.start)) {
    // In `#name in object` the name is a value.
    const isValue = /^\s+in\b/.test(module.slice(next));
    code += module.slice(end, start) + (isValue ? JSON.stringify(name) : name);
    end = next;
  }
  return code + module.slice(end);
}
