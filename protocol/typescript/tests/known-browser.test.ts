import { expect, test } from "vitest";
import { knownBrowser, openOf } from "../src/index.ts";
import { request } from "./messages.ts";
import { TestKnown } from "./page.ts";

test("the 8 newest values are kept, each once, newest first", () => {
  const browser = new TestKnown();
  for (const value of "abcdefghijac") browser.keep(value);
  expect(browser.values()).toEqual(["c", "a", "j", "i", "h", "g", "f", "e"]);
});

test("a storage that throws is no error: the browser is not known", () => {
  const denied = () => {
    throw new Error("denied");
  };
  const browser = knownBrowser(denied, denied);
  browser.keep("a");
  expect(browser.values()).toEqual([]);
});

test.each([
  [null, []],
  ["", []],
  ["a  b", ["a", "b"]],
  ['{"a":1}', []],
  [`${"x".repeat(201)} b <script> %20`, ["b"]],
])("of the stored text %j only values of the gateway's form are sent", (text, values) => {
  expect(knownBrowser(() => text, () => undefined).values()).toEqual(values);
});

test("an open holds at most 8 values, and none where there are none", () => {
  const values = [..."abcdefghij"];
  const keep = () => undefined;
  expect(openOf(request, { values: () => values, keep })).toEqual({ type: "open", ...request, known: values.slice(0, 8) });
  expect(openOf(request, { values: () => [], keep })).toEqual({ type: "open", ...request });
});
