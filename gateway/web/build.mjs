// Bundles the element and the hosted page's stylesheet into dist/, compressed ahead.
import { brotliCompressSync } from "node:zlib";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import zopfli from "@gfx/zopfli";
import { build, transform } from "esbuild";

/** Bytes after gzip: a login page loads them before it shows a code. */
const BUDGETS = { "qr-login.js": 11_000, "qr-ahead.js": 750 };
const dist = new URL("dist/", import.meta.url);

/** The element's stylesheet is a text in its script: esbuild minifies it only if asked to. */
const cssAsText = {
  name: "css-as-text",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    }),
};

rmSync(dist, { recursive: true, force: true });
const common = { bundle: true, minify: true, target: "es2022", legalComments: "none", absWorkingDir: import.meta.dirname };
const script = { ...common, entryPoints: ["src/register.ts"], plugins: [cssAsText] };
await build({ ...script, format: "esm", outfile: "dist/qr-login.js" });
await build({ ...script, format: "iife", outfile: "dist/qr-login.iife.js" });
await build({ ...common, entryPoints: { "qr-ahead": "src/ahead.ts" }, format: "esm", outdir: "dist" });
await build({ ...common, entryPoints: ["src/hosted-login.css"], outfile: "dist/hosted-login.css" });

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
