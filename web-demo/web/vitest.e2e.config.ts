import { defineConfig } from "vitest/config";

export default defineConfig({
  // One browser pair at a time: the machine that runs this may have two cores.
  test: { include: ["e2e/**/*.test.ts"], testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
});
