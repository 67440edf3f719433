import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { backOff, comeBackAfter } from "../src/close-codes.ts";
import { decodeServerMessage } from "../src/decode.ts";

const vectors = (name: string) => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));

test("every golden message of the gateway is read, and nothing else is", () => {
  for (const { name, from, text, valid } of vectors("messages")) {
    if (from === "gateway") expect(decodeServerMessage(text) !== undefined, name).toBe(valid);
  }
});

test("every close code is obeyed as the gateway means it", () => {
  for (const { code, come_back } of vectors("close-codes")) expect(comeBackAfter(code), String(code)).toBe(come_back);
});

test("back-off is spread over a bound that doubles and ends", () => {
  expect([0, 1, 2, 20].map((tries) => backOff(tries, () => 1))).toEqual([500, 1000, 2000, 20_000]);
  expect(backOff(3, () => 0)).toBe(0);
});
