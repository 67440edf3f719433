import { readFileSync } from "node:fs";
import { transform } from "esbuild";

/**
 * Makes an imported stylesheet a minified text: esbuild minifies it only if asked to.
 *
 * @type {import("esbuild").Plugin}
 */
export const cssAsText = {
  name: "css-as-text",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code, loader: "text" };
    }),
};
