import { readFileSync } from "node:fs";
import { olderStyles } from "./oldest-browsers/styles.mjs";

/**
 * Makes an imported stylesheet a minified text: esbuild minifies it only if asked to.
 *
 * @type {import("esbuild").Plugin}
 */
export const cssAsText = {
  name: "css-as-text",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => ({ contents: await olderStyles(readFileSync(path, "utf8")), loader: "text" })),
};
