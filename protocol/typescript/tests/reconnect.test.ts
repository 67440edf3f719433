import fc from "fast-check";
import { expect, test } from "vitest";
import { backOff } from "../src/backoff.ts";
import { reconnectPolicy } from "../src/close-codes.ts";
import { vectors } from "./vectors.ts";

test("every close code is obeyed as the gateway means it", () => {
  for (const { code, come_back } of vectors.closeCodes()) expect(reconnectPolicy(code), String(code)).toBe(come_back);
});

test("back-off is spread over a bound that doubles and ends", () => {
  expect([0, 1, 2, 20, 2000].map((tries) => backOff(tries, 1))).toEqual([500, 1000, 2000, 20_000, 20_000]);
  fc.assert(
    fc.property(fc.nat(5000), fc.double({ min: 0, max: 1, noNaN: true }), (tries, random) => {
      expect(backOff(tries, random)).toBeGreaterThanOrEqual(0);
      expect(backOff(tries, random)).toBeLessThanOrEqual(20_000);
    }),
  );
});
