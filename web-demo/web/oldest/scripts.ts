/** What a built script uses that is newer than the oldest browsers, read from its syntax. */
import { type AnyNode, type Node, parse } from "acorn";

import { ECMA_VERSION } from "../../../gateway/web/oldest-browsers/versions.mjs";
import { compat, featuresOf, isNewer } from "./compat.ts";

/** Options of calls that the oldest browsers ignore, by the called function. */
const NEWER_OPTIONS: Readonly<Record<string, string>> = { addEventListener: "signal", Worker: "type" };

/** Returns what is newer: members such as `.hasOwn`, globals such as `structuredClone`, and options of calls. Throws if the script is not ES2019. */
export function newerIn(script: string): string[] {
  const { members, globals } = newerNames();
  const found = new Set<string>();
  const declared = new Set<string>();
  const ownMembers = new Set<string>();
  const used = new Set<string>();
  // The one part of a newer syntax that all browsers have.
  const program = parse(script.replaceAll("import.meta", "importmeta"), { ecmaVersion: ECMA_VERSION, sourceType: "module" });
  walk(program, (node, parent) => {
    if (node.type === "MemberExpression" && !node.computed && node.property.type === "Identifier" && members.has(node.property.name)) {
      found.add(`.${node.property.name}`);
    }
    if (node.type === "Property" || node.type === "MethodDefinition") if (node.key.type === "Identifier") ownMembers.add(node.key.name);
    if (node.type === "Identifier") (isDeclaration(node, parent) ? declared : used).add(node.name);
    if (node.type === "CallExpression" || node.type === "NewExpression") {
      const { callee } = node;
      const name = callee.type === "Identifier" ? callee.name : callee.type === "MemberExpression" && callee.property.type === "Identifier" ? callee.property.name : "";
      const option = NEWER_OPTIONS[name];
      const named = node.arguments.flatMap((argument) => (argument.type === "ObjectExpression" ? argument.properties : []));
      for (const property of named) {
        if (property.type === "Property" && property.key.type === "Identifier" && property.key.name === option) found.add(`${name}({ ${option} })`);
      }
    }
    if (node.type === "Literal" && node.regex && /\(\?<[=!]/.test(node.regex.pattern)) found.add("lookbehind");
  });
  for (const name of ownMembers) found.delete(`.${name}`);
  for (const name of used) if (globals.has(name) && !declared.has(name)) found.add(name);
  return [...found].sort();
}

/** Names of members that nothing older has, and of newer globals. */
function newerNames(): { readonly members: ReadonlySet<string>; readonly globals: ReadonlySet<string> } {
  const newer = new Set<string>();
  const older = new Set<string>();
  const globals = new Set<string>();
  for (const [owner, feature, statement] of [...featuresOf(compat.javascript["builtins"]), ...featuresOf(compat.api)]) {
    if (isNewer(statement)) globals.add(owner);
    // The units of `CSS`, such as `CSS.s`, are names that scripts give to much else.
    if (owner === "CSS") continue;
    for (const [key, , member] of featuresOf(feature)) {
      // Members of a newer global are reached by its name only, which is found itself.
      if (!isNewer(statement)) (isNewer(member) ? newer : older).add(key.replace(/_static$/, ""));
    }
  }
  const members = new Set([...newer].filter((name) => /^[a-zA-Z]+$/.test(name) && !older.has(name)));
  return { members, globals };
}

function walk(node: AnyNode, visit: (node: AnyNode, parent: AnyNode | undefined) => void, parent?: AnyNode): void {
  visit(node, parent);
  for (const child of Object.values(node).flat()) if (isNode(child)) walk(child, visit, node);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}

/** Returns true if the identifier is a name of the script's own, or no variable at all. */
function isDeclaration(node: AnyNode, parent: AnyNode | undefined): boolean {
  switch (parent?.type) {
    case "MemberExpression":
      return parent.property === node && !parent.computed;
    case "Property":
    case "MethodDefinition":
    case "PropertyDefinition":
      return parent.key === node && !parent.computed && parent.value !== node;
    case "VariableDeclarator":
    case "ClassDeclaration":
      return parent.id === node;
    case "FunctionDeclaration":
    case "FunctionExpression":
    case "ArrowFunctionExpression":
      return parent.type !== "ArrowFunctionExpression" ? parent.id === node || parent.params.includes(node as never) : parent.params.includes(node as never);
    default:
      return false;
  }
}
