// Bundles the scripts and stylesheets of the hall's pages into dist/, compressed ahead, beside the models of the face check.
import { brotliCompressSync, gzipSync } from "node:zlib";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildScripts } from "../../gateway/web/oldest-browsers/scripts.mjs";
import { buildStyles } from "../../gateway/web/oldest-browsers/styles.mjs";

/** Limits in bytes after gzip, by file: a phone on a slow network waits for them. */
const BUDGETS = {
  "scan-camera.js": 6 * 1024,
  "scan-worker.js": 20 * 1024,
  "confirm-page.js": 1024,
  "app.js": 512,
  "service-worker.js": 1024,
  "register-page.js": 1536,
  "session-bar.js": 1024,
  "print-page.js": 512,
  "show-password.js": 512,
  "face-check.js": 8 * 1024,
  "face-worker.js": 430 * 1024,
  "tokens.css": 1024,
  "components.css": 5 * 1024,
  "portal.css": 8 * 1024,
  "phone.css": 10 * 1024,
  "scan-camera.css": 1024,
  "face-check.css": 1024,
};

/** Files of the face check's worker, by package and folder: models of mesh and irises, and their runtime. */
const FOR_BROWSERS = [
  ["@vladmandic/human", "models", ["blazeface", "facemesh", "iris"].flatMap((model) => [`${model}.json`, `${model}.bin`])],
  ["@tensorflow/tfjs-backend-wasm", "dist", ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm"]],
];

/** Weights of the nets that the server runs. */
const FOR_SERVER = ["tiny_face_detector", "face_landmark_68", "face_recognition"].flatMap((net) => [
  `${net}_model.bin`,
  `${net}_model-weights_manifest.json`,
]);

/** Weights are close to random, so that compression gains nothing. */
const INCOMPRESSIBLE = /\.bin$/;
const dist = new URL("dist/", import.meta.url);

rmSync(dist, { recursive: true, force: true });
const here = { absWorkingDir: import.meta.dirname, outdir: "dist" };
await buildScripts({
  ...here,
  format: "esm",
  entryPoints: {
    "scan-camera": "src/scan-page.ts",
    "confirm-page": "src/confirm-page.ts",
    app: "src/app.ts",
    "register-page": "src/register-page.ts",
    "session-bar": "src/session-bar.ts",
    "print-page": "src/print-page.ts",
    "show-password": "src/show-password.ts",
    "face-check": "src/face-check/define.ts",
  },
});
// Workers are classic scripts: Safari has workers that are modules since version 15, Firefox since version 114.
await buildScripts({
  ...here,
  format: "iife",
  entryPoints: {
    "scan-worker": "src/scan-camera/scan-worker.ts",
    "service-worker": "src/service-worker.ts",
    "face-worker": "src/face-check/face-worker.ts",
  },
});
const sheets = ["tokens", "components", "portal", "phone", "without-script"].map((sheet) => [sheet, `../assets/${sheet}.css`]);
const ofElements = { "scan-camera": "src/scan-camera/scan-camera.css", "face-check": "src/face-check/face-check.css" };
await buildStyles({ ...here, entryPoints: { ...Object.fromEntries(sheets), ...ofElements } });
for (const [of, folder, files] of FOR_BROWSERS) {
  for (const file of files) copyFileSync(join(packageFolder(of), folder, file), new URL(file, dist));
}

for (const name of readdirSync(dist)) {
  if (INCOMPRESSIBLE.test(name)) continue;
  const bytes = readFileSync(new URL(name, dist));
  const gzipped = gzipSync(bytes, { level: 9 });
  writeFileSync(new URL(`${name}.gz`, dist), gzipped);
  writeFileSync(new URL(`${name}.br`, dist), brotliCompressSync(bytes));
  console.log(`${name}: ${gzipped.length} bytes after gzip`);
  if (gzipped.length > BUDGETS[name]) throw new Error(`${name} is over its budget of ${BUDGETS[name]} bytes after gzip`);
}

const weights = new URL("weights/", dist);
mkdirSync(weights);
for (const file of FOR_SERVER) copyFileSync(join(packageFolder("@vladmandic/face-api"), "model", file), new URL(file, weights));

/** Returns the folder of a package, from the path of its code: some packages do not export their package.json. */
function packageFolder(name) {
  const code = createRequire(import.meta.url).resolve(name);
  return code.slice(0, code.lastIndexOf(name) + name.length);
}
