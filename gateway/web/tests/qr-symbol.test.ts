/** The drawing of a login's code, read by a decoder of another project. */
import { decodeQR } from "qr/decode.js";
import { expect, test } from "vitest";

import { type QrSymbol, qrSymbol } from "../src/qr-symbol.ts";

const CODE = "0G3KXVZ8Q2M4T6W8Y0A2C4E6R8T0V2X4";

/** Reads a symbol as a camera sees it: 4 pixels a module, in a quiet zone of 4 modules. */
function read({ size, isDark }: QrSymbol): string {
  const width = 4 * (size + 8);
  const data = new Uint8ClampedArray(width * width * 4).fill(255);
  for (let y = 0; y < width; y++) {
    for (let x = 0; x < width; x++) {
      if (isDark((x >> 2) - 4, (y >> 2) - 4)) data.fill(0, (y * width + x) * 4, (y * width + x) * 4 + 3);
    }
  }
  return decodeQR({ width, height: width, data });
}

const version = ({ size }: QrSymbol): number => (size - 17) / 4;

test.each([
  ["https://a.cn", 3],
  ["https://login.example", 4],
  ["https://login.rst.example.gov.cn", 4],
  ["https://login.hrss.shili.gov.cn:8443", 5],
  ["http://127.0.0.1:8080", 4],
  ["http://[2001:db8:1234:5678:9abc:def0:1234:5678]:8080", 5],
] as const)("b2_the code of a gateway at %s is read as it is written, and small", (origin, expected) => {
  const symbol = qrSymbol(`${origin}/q/${CODE}`);
  expect(read(symbol)).toBe(`${origin}/q/${CODE}`);
  expect(version(symbol)).toBe(expected);
});

test("b2_the code of each host name that there can be is read", () => {
  for (let length = 1; length <= 254; length += length < 60 ? 1 : 7) {
    const text = `https://${"login-9.".repeat(40).slice(0, length)}/q/${CODE}`;
    expect(read(qrSymbol(text)), text).toBe(text);
  }
});

test("b2_the code is read whichever it is", () => {
  for (let i = 0; i < 200; i++) {
    const digits = Array.from({ length: 32 }, (_, j) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[(i * 7 + j * j * (i + 3)) % 32]);
    const text = `https://login.example/q/${digits.join("")}`;
    expect(read(qrSymbol(text)), text).toBe(text);
  }
});

test("b2_the code of an older gateway is drawn as it is, in upper case", () => {
  const text = `HTTPS://LOGIN.EXAMPLE/Q/${CODE}`;
  expect(read(qrSymbol(text))).toBe(text);
});

test("other texts are drawn too", () => {
  for (const text of ["A", "a", "示例", "WDJB-MJHT", "https://login.example/q/abc"]) {
    expect(read(qrSymbol(text)), text).toBe(text);
  }
  expect(() => qrSymbol("a".repeat(400))).toThrow(RangeError);
});
