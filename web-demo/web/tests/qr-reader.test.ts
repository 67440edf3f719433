/** The reader in TypeScript, for browsers without their own. */
import { expect, test } from "vitest";

import { readPixels } from "../src/scan-camera/qr-reader.ts";
import { QR_TEXT, photograph } from "./support/qr-picture.ts";

test("a login's code is read however the phone is turned", () => {
  const unread = [];
  for (let turn = 0; turn < 360; turn += 15) {
    if (readPixels(photograph(QR_TEXT, { turn, scale: 6, noise: 0 })) !== QR_TEXT) unread.push(turn);
  }
  expect(unread).toEqual([]);
});

test.each([3, 4, 6, 9])("a login's code is read at %i pixels a module, in a grainy picture", (scale) => {
  expect(readPixels(photograph(QR_TEXT, { turn: 0, scale, noise: 40 }))).toBe(QR_TEXT);
});

test("a code with Chinese text is read", () => {
  expect(readPixels(photograph("示例省服务大厅", { turn: 5, scale: 6, noise: 10 }))).toBe("示例省服务大厅");
});

test("a picture without a code holds no text", () => {
  expect(readPixels({ width: 64, height: 64, data: new Uint8ClampedArray(64 * 64 * 4).fill(255) })).toBeUndefined();
});
