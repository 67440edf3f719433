// Bundles the modules of the npm package into lib/. Not minified, and without its dependencies: the site that installs it bundles all.
import { rmSync } from "node:fs";
import { build } from "esbuild";
import { cssAsText } from "./css-as-text.mjs";

rmSync(new URL("lib/", import.meta.url), { recursive: true, force: true });
await build({
  bundle: true,
  splitting: true,
  packages: "external",
  format: "esm",
  target: "es2022",
  plugins: [cssAsText],
  absWorkingDir: import.meta.dirname,
  entryPoints: ["index", "define", "ahead"].map((name) => `src/${name}.ts`),
  outdir: "lib",
});
