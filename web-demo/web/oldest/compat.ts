/** What browsers have, by MDN's data, and what of it is newer than the oldest browsers. */
import { createRequire } from "node:module";
import type { CompatData, CompatStatement, Identifier } from "@mdn/browser-compat-data";

import { OLDEST_BROWSERS } from "../../../gateway/web/oldest-browsers/versions.mjs";

export const compat = createRequire(import.meta.url)("@mdn/browser-compat-data") as CompatData;

type Browser = keyof typeof OLDEST_BROWSERS;
const BROWSERS = Object.keys(OLDEST_BROWSERS) as Browser[];

/** Returns true if one of the oldest browsers, as it comes, does not have the feature. */
export function isNewer({ support }: CompatStatement): boolean {
  return BROWSERS.some((browser) => {
    const statements = [support[browser] ?? []].flat();
    return !statements.some((statement) => {
      const isPlain = statement.flags === undefined && statement.prefix === undefined && statement.alternative_name === undefined;
      return isPlain && versionOf(statement.version_added) <= versionOf(OLDEST_BROWSERS[browser]);
    });
  });
}

/** Returns a version as a number. "≤37" is 37; a feature without a version never came. */
function versionOf(text: string | boolean | null | undefined): number {
  const found = typeof text === "string" ? Number.parseFloat(text.replace("≤", "")) : Number.NaN;
  return Number.isNaN(found) ? Infinity : found;
}

/** Returns the features directly below this one, by name. */
export function featuresOf(identifier: Identifier | undefined): [name: string, feature: Identifier, statement: CompatStatement][] {
  const features = Object.entries((identifier ?? {}) as Readonly<Record<string, Identifier>>);
  return features.flatMap(([name, feature]) => (name !== "__compat" && feature.__compat ? [[name, feature, feature.__compat]] : []));
}

/** Members of globals that are newer than the oldest browsers. */
export interface Newer {
  /** Globals as a whole, such as `BarcodeDetector`, `structuredClone` or `Intl.Segmenter`. */
  readonly globals: string[];
  /** Globals that exist, but cannot be constructed. */
  readonly constructors: string[];
  /** Members by their global, and where they are: on the global or on its prototype. JavaScript's own may be on either. */
  readonly members: [owner: string, name: string, on: "global" | "prototype" | "either"][];
}

/** Returns everything in JavaScript and the Web APIs that is newer. */
export function newerThanOldest(): Newer {
  const newer: Newer = { globals: [], constructors: [], members: [] };
  const visit = (owner: string, feature: Identifier, isOfJavaScript: boolean) => {
    for (const [key, , statement] of featuresOf(feature)) {
      const name = key.replace(/_static$/, "");
      if (!/^\w+$/.test(name) || /_(event|permission|context)$/.test(name) || !isNewer(statement)) continue;
      if (name === owner.split(".").pop()) newer.constructors.push(owner);
      else newer.members.push([owner, name, isOfJavaScript ? "either" : key === name ? "prototype" : "global"]);
    }
  };
  const builtins = featuresOf(compat.javascript["builtins"]);
  const ofIntl = featuresOf(compat.javascript["builtins"]?.["Intl"]).map(([name, ...rest]) => [`Intl.${name}`, ...rest] as const);
  for (const [name, feature, statement] of [...builtins, ...ofIntl]) {
    if (isNewer(statement)) newer.globals.push(name);
    else visit(name, feature, true);
  }
  for (const [name, feature, statement] of featuresOf(compat.api)) {
    if (isNewer(statement)) newer.globals.push(name);
    else visit(name, feature, false);
  }
  return newer;
}
