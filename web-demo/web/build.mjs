// Bundles the scripts of the hall's pages into dist/, compressed ahead.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

/** Bytes after gzip, by file: a phone on a slow network waits for them. */
const BUDGETS = { "scan-camera.js": 6 * 1024, "scan-worker.js": 20 * 1024, "confirm-page.js": 1024, "register-page.js": 1536 };
const dist = new URL("dist/", import.meta.url);

rmSync(dist, { recursive: true, force: true });
await build({
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  legalComments: "none",
  absWorkingDir: import.meta.dirname,
  entryPoints: {
    "scan-camera": "src/scan-page.ts",
    "scan-worker": "src/scan-camera/scan-worker.ts",
    "confirm-page": "src/confirm-page.ts",
    "register-page": "src/register-page.ts",
  },
  outdir: "dist",
});

for (const name of readdirSync(dist)) {
  const bytes = readFileSync(new URL(name, dist));
  const gzipped = gzipSync(bytes, { level: 9 });
  writeFileSync(new URL(`${name}.gz`, dist), gzipped);
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(bytes));
  console.log(`${name}: ${gzipped.length} bytes after gzip`);
  if (gzipped.length > BUDGETS[name]) throw new Error(`${name} is over its budget of ${BUDGETS[name]} bytes after gzip`);
}
