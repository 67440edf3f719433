import { defineConfig } from "vitest/config";

export default defineConfig({
  // Times are those of a busy machine with two cores: no test waits for one to pass.
  test: { testTimeout: 30_000, hookTimeout: 30_000, maxWorkers: 2 },
});
