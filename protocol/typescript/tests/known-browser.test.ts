import { expect, test } from "vitest";
import { knownBrowser, openOf } from "../src/index.ts";
import { request } from "./messages.ts";
import { TestKnown } from "./page.ts";

test("the 8 newest values are kept, each once, newest first", () => {
  const browser = new TestKnown();
  for (const value of "abcdefghijac") browser.keep(value);
  expect(browser.values()).toEqual(["c", "a", "j", "i", "h", "g", "f", "e"]);
});

test("a renewal takes the place of the only value, and pushes no other person's out", () => {
  const browser = new TestKnown();
  for (const value of ["a", "b"]) browser.keep(value, true);
  expect(browser.values()).toEqual(["b"]);
  browser.keep("c");
  browser.keep("d", true);
  expect(browser.values()).toEqual(["c", "b"]);
});

test("a storage that throws is no error: the browser is not known", () => {
  const denied = () => {
    throw new Error("denied");
  };
  const browser = knownBrowser(denied, denied);
  for (const isRenewal of [true, false]) browser.keep("a", isRenewal);
  expect(browser.values()).toEqual([]);
});

test.each([
  [null, []],
  ["", []],
  ["a//b", ["a", "b"]],
  ['{"a":1}', []],
  [`${"x".repeat(201)}/b/<script>/%20/c d`, ["b"]],
])("of the stored text %j only values of the gateway's form are sent", (text, values) => {
  expect(knownBrowser(() => text, () => undefined).values()).toEqual(values);
});

test("an open holds the values, if there are any and the whole message fits into 4,096 bytes", () => {
  const open = (values: readonly string[], state = "s") => openOf({ ...request, state }, { values: () => values, keep: () => undefined });
  const values = Array(8).fill("x".repeat(200));
  expect(open(["a"])).toEqual({ type: "open", ...request, known: ["a"] });
  expect(open([])).toEqual({ type: "open", ...request });
  for (const length of [1, 1700, 1900, 2500, 3700]) {
    expect(JSON.stringify(open(values, "s".repeat(length))).length).toBeLessThan(4096);
  }
  expect(open(values, "s".repeat(1700))).toHaveProperty("known");
});
