import { defineConfig } from "vitest/config";

/** With `PICTURES` set, the README's pictures are taken instead; with `MEASURE`, this is measured. */
const { PICTURES, MEASURE } = process.env;
const instead = PICTURES === undefined ? MEASURE && `measure/${MEASURE}.ts` : "e2e/pictures.ts";

export default defineConfig({
  // Two browsers with a hall each: they mostly wait, and the machine that runs this may have two cores.
  // A test of thirty pages takes a minute while the machine compiles besides; Playwright itself gives up on what hangs after 30 s.
  test: { include: [instead ?? "e2e/**/*.test.ts"], setupFiles: ["e2e/setup.ts"], testTimeout: 120_000, hookTimeout: 60_000, maxWorkers: 2 },
});
