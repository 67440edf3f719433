import { defineConfig } from "vitest/config";

/** With `LONG` set, the clients of Debian's packages are run instead, which `.ci/setup --long` installs. */
const folder = process.env["LONG"] === undefined ? "short" : "long";

export default defineConfig({
  // Two browsers with a gateway each: they mostly wait, and the machine that runs this may have two cores.
  test: { include: [`${folder}/*.test.ts`], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 2, reporters: ["verbose"] },
});
