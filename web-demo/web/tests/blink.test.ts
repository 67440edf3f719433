/** Blinks, and sequences that must not count as one (row S7). */
import { describe, expect, test } from "vitest";

import { type BlinkState, BlinkDetector } from "../src/face-check/blink.ts";

/** Returns the states after pictures at intervals of `every` milliseconds. */
function watch(openness: readonly number[], every = 100): readonly BlinkState[] {
  const blinks = new BlinkDetector();
  return openness.map((open, picture) => blinks.push(open, picture * every));
}

const open = (count: number, openness = 0.3) => Array<number>(count).fill(openness);

describe("a blink is seen", () => {
  test("once, when the eyes are open again", () => {
    const said = watch([...open(8), 0.05, 0.04, ...open(3)]);
    expect(said.filter((state) => state === "blinked")).toHaveLength(1);
    expect(said.slice(7, 12)).toEqual(["open", "closed", "closed", "blinked", "open"]);
  });

  test.each([0.12, 0.2, 0.35])("by what is usual for the person: eyes that are %d open", (usual) => {
    expect(watch([...open(8, usual), usual * 0.3, ...open(2, usual)])).toContain("blinked");
  });
});

describe("no blink is seen", () => {
  test.each([
    ["in a picture that stands still", open(60)],
    ["in the noise of the reading", Array.from({ length: 60 }, (_, picture) => 0.3 + 0.04 * Math.sin(picture * 7))],
    ["before it is known what is usual", [0.3, 0.3, 0.05, 0.3, 0.3]],
    ["in eyes that stay closed for a second", [...open(8), ...open(11, 0.05), ...open(3)]],
  ])("%s", (_, openness) => {
    expect(watch(openness)).not.toContain("blinked");
  });

  test("when the face was away in between", () => {
    const blinks = new BlinkDetector();
    open(8).forEach((openness, picture) => blinks.push(openness, picture * 100));
    expect(blinks.push(0.05, 800)).toBe("closed");
    blinks.reset();
    expect(blinks.push(0.3, 900)).toBe("open");
  });
});
