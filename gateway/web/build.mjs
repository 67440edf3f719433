// Bundles the files that the gateway serves into dist/, compressed ahead.
import { brotliCompressSync } from "node:zlib";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import zopfli from "@gfx/zopfli";
import { buildScripts } from "./oldest-browsers/scripts.mjs";
import { buildStyles } from "./oldest-browsers/styles.mjs";
import { cssAsText } from "./css-as-text.mjs";

/**
 * Bytes after gzip: a login page loads them before it shows a code. The question whether it is you who scanned, its guard
 * against stray presses and the memory of a known browser take 1,300 of the element's; its stylesheet, icons and texts of
 * both languages some 5,000.
 */
const BUDGETS = { "qr-login.js": 17_300, "qr-ahead.js": 860, "hosted-login.js": 1_250 };
const dist = new URL("dist/", import.meta.url);

rmSync(dist, { recursive: true, force: true });
const served = { conditions: ["@saoma/source"], plugins: [cssAsText], absWorkingDir: import.meta.dirname, outdir: "dist" };
// Browsers read modules as UTF-8, wherever they stand. Classic scripts are read in the encoding of their page, so those
// keep Chinese escaped, which is larger.
await buildScripts({ ...served, charset: "utf8", entryPoints: { "qr-login": "src/define.ts" }, format: "esm" });
await buildScripts({ ...served, entryPoints: { "qr-login.iife": "src/define.ts" }, format: "iife" });
await buildScripts({ ...served, entryPoints: { "qr-ahead": "src/ahead.ts" }, format: "esm" });
await buildScripts({ ...served, entryPoints: ["src/hosted-login.ts"], format: "esm" });
await buildStyles({ ...served, entryPoints: ["src/hosted-login.css", "src/code-page.css", "src/qr-login.css"], plugins: [] });

for (const name of readdirSync(dist)) {
  const bytes = readFileSync(new URL(name, dist));
  // zopfli finds the smallest gzip that it can, 4 % below zlib's: these files are compressed once and loaded many times.
  writeFileSync(new URL(`${name}.gz`, dist), await zopfli.gzipAsync(bytes, { numiterations: 15 }));
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(bytes));
}
for (const [name, budget] of Object.entries(BUDGETS)) {
  const size = readFileSync(new URL(`${name}.gz`, dist)).length;
  console.log(`${name}: ${size} bytes after gzip`);
  if (size > budget) throw new Error(`${name} is over its budget of ${budget} bytes after gzip`);
}
