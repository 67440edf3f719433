import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCloseHint, decodeKeptLogin, decodeProblem, decodeServerMessage } from "../src/decode.ts";
import { vectors } from "./vectors.ts";

test("every golden message of the gateway is read, and nothing else is", () => {
  for (const { name, from, text, valid } of vectors.messages()) {
    if (from !== "gateway") continue;
    const decoded = decodeServerMessage(text);
    expect("message" in decoded, name).toBe(valid);
    if ("message" in decoded) expect(decoded.message, name).toEqual(JSON.parse(text));
  }
});

test("an unknown type is told from a message that is broken", () => {
  expect(decodeServerMessage('{"type":"dance","seq":2}')).toEqual({ unknownType: "dance" });
  expect(decodeServerMessage('{"type":"toString"}')).toEqual({ unknownType: "toString" });
  expect(decodeServerMessage('{"type":"scanned","seq":2}')).toHaveProperty("malformed");
  expect(decodeServerMessage("<html>")).toHaveProperty("malformed");
});

test("a proxy's error page counts as a gateway that is not there for now", () => {
  expect(decodeProblem("<html>502 Bad Gateway</html>")).toMatchObject({ error: "temporarily_unavailable" });
});

test("no text from outside throws", () => {
  const anyText = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(anyText, (text) => {
      for (const decode of [decodeServerMessage, decodeCloseHint, decodeProblem, decodeKeptLogin]) decode(text);
    }),
  );
});
