/** Instructions to a person before the camera (row S7). */
import { expect, test } from "vitest";

import { guidanceFor, largestFace } from "../src/face-check/guidance.ts";
import type { Face } from "../src/face-check/worker-messages.ts";

const good: Face = { width: 0.4, middle: [0.5, 0.5], turn: 0, nod: 0, openness: 0.3 };

test.each([
  ["noFace", []],
  ["blink", [good]],
  ["nearer", [{ ...good, width: 0.1 }]],
  ["farther", [{ ...good, width: 0.9 }]],
  ["toTheMiddle", [{ ...good, middle: [0.1, 0.5] as const }]],
  ["straight", [{ ...good, turn: -0.6 }]],
  ["straight", [{ ...good, nod: 0.6 }]],
  ["severalFaces", [good, { ...good, width: 0.3 }]],
] as const)("%s", (expected, faces) => {
  expect(guidanceFor(faces)).toBe(expected);
});

test("a person in the background does not count", () => {
  const small = { ...good, width: 0.1 };
  expect(guidanceFor([small, good])).toBe("blink");
  expect(largestFace([small, good])).toBe(good);
});
