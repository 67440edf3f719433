// Bundles the element and the hosted page's stylesheet into dist/, compressed ahead.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

/** Bytes of qr-login.js after gzip: a login page loads it before it shows anything. */
const BUDGET = 12 * 1024;
const dist = new URL("dist/", import.meta.url);

rmSync(dist, { recursive: true, force: true });
const common = { bundle: true, minify: true, target: "es2022", legalComments: "none", absWorkingDir: import.meta.dirname };
await build({ ...common, entryPoints: ["src/register.ts"], format: "esm", outfile: "dist/qr-login.js" });
await build({ ...common, entryPoints: ["src/register.ts"], format: "iife", outfile: "dist/qr-login.iife.js" });
await build({ ...common, entryPoints: ["src/hosted-login.css"], outfile: "dist/hosted-login.css" });

for (const name of readdirSync(dist)) {
  const bytes = readFileSync(new URL(name, dist));
  writeFileSync(new URL(`${name}.gz`, dist), gzipSync(bytes, { level: 9 }));
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(bytes));
}
const size = readFileSync(new URL("qr-login.js.gz", dist)).length;
console.log(`qr-login.js: ${size} bytes after gzip`);
if (size > BUDGET) throw new Error(`qr-login.js is over its budget of ${BUDGET} bytes after gzip`);
