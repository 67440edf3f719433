/** The codes that the element draws, held to another encoder and read by a decoder. */
import { decodeQR } from "qr/decode.js";
import { encode } from "uqr";
import { expect, test } from "vitest";

import { encodeQr } from "../src/qr-code.ts";

const CODE = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** A text like a scan code, of this length. */
const textOf = (length: number) => Array.from({ length }, () => CODE[Math.floor(Math.random() * CODE.length)]).join("");

/** How many characters fill each version. */
const FULL = [20, 38, 61, 90, 122, 154, 178, 221, 262, 311];
const TEXTS = [
  ...FULL.flatMap((length) => [textOf(length), textOf(length - 1), textOf(length - 2)]),
  ...Array.from({ length: 40 }, () => `HTTPS://LOGIN.EXAMPLE/Q/${textOf(26)}`),
  "https://[::1]:8443/Q/lower case and 示例",
  "示".repeat(71),
];

test.each(TEXTS)("%s", (text) => {
  const { modules, size, mask } = encodeQr(text);
  const { data } = encode(text, { ecc: "M", border: 0, maskPattern: mask });
  expect([...modules], "module by module what another encoder makes, with the same mask").toEqual(data.flat().map(Number));
  expect(decodeQR(photograph(modules, size))).toBe(text);
});

test("a text that is longer than the largest version is no code", () => {
  expect(() => encodeQr(textOf(312))).toThrow(RangeError);
});

/** Four pixels a module, with a margin of four modules. */
function photograph(modules: Uint8Array, size: number) {
  const width = (size + 8) * 4;
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let at = 0; at < width * width; at++) {
    const [x, y] = [Math.floor((at % width) / 4) - 4, Math.floor(at / width / 4) - 4];
    const isInside = Math.min(x, y) >= 0 && Math.max(x, y) < size;
    if (isInside && modules[y * size + x] === 1) data.fill(0, at * 4, at * 4 + 3);
  }
  return { width, height: width, data };
}
