// What the relying parties in Node.js share: one page, scripts for it, and the port.
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const PARTS = ["user", "error", "renewed"];

/** Shows what the site knows, each part as JSON in an element of its name, and loads a script. */
export function page(response, parts = {}, script = undefined) {
  const text = (value) => JSON.stringify(value ?? null).replaceAll("<", "\\u003c");
  const elements = PARTS.map((name) => `<pre id="${name}">${text(parts[name])}</pre>`);
  const load = script ? [`<script type="module" src="${script}"></script>`] : [];
  response.setHeader("content-type", "text/html; charset=utf-8");
  response.end(["<!doctype html>", "<title>A site</title>", ...elements, ...load].join("\n"));
}

/** Returns the text of a script of this folder, with its packages bundled for browsers. */
export async function bundle(file, constants = {}) {
  const entryPoints = [fileURLToPath(new URL(file, import.meta.url))];
  const define = Object.fromEntries(Object.entries(constants).map(([name, value]) => [name, JSON.stringify(value)]));
  const { outputFiles } = await build({ entryPoints, bundle: true, format: "esm", write: false, define });
  return outputFiles[0].text;
}

/** Listens at the site's origin, says so, and ends when it is told to. */
export function listen(app) {
  const server = app.listen(Number(new URL(process.env.ORIGIN).port), "127.0.0.1", () => console.log("listening"));
  process.on("SIGTERM", () => {
    server.close();
    server.closeAllConnections();
  });
}
