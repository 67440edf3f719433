/** The built scripts and stylesheets, held to what the oldest browsers know. */
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";

import { olderStyles } from "../../../gateway/web/oldest-browsers/styles.mjs";
import { newerIn } from "../oldest/scripts.ts";
import { newerStylesIn } from "../oldest/styles.ts";

const HALL = new URL("../dist/", import.meta.url);
const GATEWAY = new URL("../../../gateway/web/dist/", import.meta.url);
const ELEMENT_STYLES = new URL("../../../gateway/web/src/qr-login.css", import.meta.url);

const built = (extension: string) =>
  [HALL, GATEWAY].flatMap((folder) => readdirSync(folder).filter((name) => name.endsWith(extension)).map((name) => [name, new URL(name, folder)] as const));

/** Newer parts of scripts that are used only where they are there, and what happens elsewhere. */
const SCRIPTS_ASK_FIRST: Readonly<Record<string, string>> = {
  trustedTypes: "enforced only by browsers that have it",
  BarcodeDetector: "a reader of our own takes its place",
  ".getCapabilities": "there is no button for the torch",
  ".vibrate": "the phone does not buzz",
  createImageBitmap: "the face check says that it does not work and shows the other way",
  ".image": "a member of the QR reader, no newer one of the browser",
  ".adoptedStyleSheets": "a style element takes its place",
  ".replaceSync": "a style element takes its place",
};

/** Newer parts of stylesheets without which a page looks plainer and works as well. */
const STYLES_GO_WITHOUT: Readonly<Record<string, string>> = {
  ":focus-visible": "the browser draws its own ring",
  ".choice:has(:checked)": "the box alone shows the choice",
  "background: conic-gradient()": "the frame has no corners",
  "color-scheme": "fields and scroll bars stay light",
  "accent-color": "boxes have the browser's own colour",
  "forced-color-adjust": "there are no forced colours",
  "gap in flex": "neighbours stand closer together",
  "@page": "printed pages have the usual margins",
  "scroll-behavior": "the page jumps",
  "scroll-margin-top": "the page scrolls a little too far",
  "scroll-margin-bottom": "a focused field may stand behind the answers until the page is scrolled",
  "text-underline-offset": "links have the usual underline",
  "text-wrap": "lines break where they break",
  "hyphenate-limit-chars": "short words are parted too",
};

describe("scripts", () => {
  // The worker of the face check is a library's, which looks for what there is. Where it fails, the page shows the way by password.
  test.each(built(".js").filter(([name]) => name !== "face-worker.js"))("%s parses as ES2019 and uses nothing newer", (_, file) => {
    expect(newerIn(readFileSync(file, "utf8")).filter((name) => !(name in SCRIPTS_ASK_FIRST))).toEqual([]);
  });

  test("newer members, globals, options and syntax are found", () => {
    expect(newerIn("let a = {}; if (Object.hasOwn(a, 1)) structuredClone([a].at(0))")).toEqual([".at", ".hasOwn", "structuredClone"]);
    expect(newerIn("addEventListener('x', f, { signal: s }); new Worker(u, { type: 'module' })")).toEqual(["Worker({ type })", "addEventListener({ signal })"]);
    expect(newerIn("let structuredClone = 1; structuredClone.x; [1].map(structuredClone)")).toEqual([]);
    expect(() => newerIn("a?.b")).toThrow(SyntaxError);
  });
});

describe("stylesheets", () => {
  test("the style of <qr-login> has an older way for all that is newer", async () => {
    const style = await olderStyles(readFileSync(ELEMENT_STYLES, "utf8"));
    expect(newerStylesIn(style).filter((what) => !(what in STYLES_GO_WITHOUT))).toEqual([]);
  });

  test.each(built(".css"))("%s has an older way for all that is newer", (_, file) => {
    expect(newerStylesIn(readFileSync(file, "utf8")).filter((what) => !(what in STYLES_GO_WITHOUT))).toEqual([]);
  });

  test("logical shorthands and lists of selectors are built as older browsers know them", async () => {
    expect(await olderStyles(".a{margin-inline:1px calc(2px + var(--b));inset-block-start:0;padding-block:3px}")).toBe(
      ".a{margin-left:1px;margin-right:calc(2px + var(--b));top:0;padding-top:3px;padding-bottom:3px}\n",
    );
    expect(await olderStyles(":is(h1,h2) a:not(.b,.c){color:red}.d:is(:hover,.e){color:red}")).toBe(
      "h1 a:not(.b):not(.c),h2 a:not(.b):not(.c){color:red}.d:hover,.d.e{color:red}\n",
    );
  });

  test("newer properties, values, selectors and rules are found, unless something older stands before them", () => {
    expect(newerStylesIn(".a { aspect-ratio: 1; height: 100dvh; color: color-mix(in srgb, red, blue) }")).toHaveLength(3);
    expect(newerStylesIn(".a { height: 100vh; height: 100dvh; color: red; color: color-mix(in srgb, red, blue) }")).toEqual([]);
    expect(newerStylesIn(".a:has(b) { color: red } @layer x { p { margin: 0 } }")).toEqual([".a:has(b)", "@layer"]);
    expect(newerStylesIn("@supports (aspect-ratio: 1) { .a { aspect-ratio: 1 } }")).toEqual([]);
    expect(newerStylesIn(".a { display: flex; gap: 1px } .b { display: grid; gap: 1px }")).toEqual(["gap in flex"]);
  });
});
