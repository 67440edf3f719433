/** Versions of the libraries, for the titles of the tests. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Python with the packages of `requirements.txt`. */
export const PYTHON = fileURLToPath(new URL("../../../.venv/bin/python", import.meta.url));

/** Path of a file in `clients/`. */
export const client = (file: string): string => fileURLToPath(new URL(`../clients/${file}`, import.meta.url));

/** Returns a package of npm with its version. */
export function npm(name: string): string {
  const text = readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8");
  return `${name} ${JSON.parse(text).version}`;
}

/** Returns a package of PyPI with its version. */
export function pypi(name: string): string {
  const script = `import importlib.metadata; print(importlib.metadata.version(${JSON.stringify(name)}), end="")`;
  return `${name} ${execFileSync(PYTHON, ["-c", script], { encoding: "utf8" })}`;
}

/** Returns a package of Debian with its version. */
export function debian(name: string): string {
  return `${name} ${execFileSync("dpkg-query", ["--show", "--showformat=${Version}", name], { encoding: "utf8" })}`;
}
