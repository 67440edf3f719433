import { defineConfig } from "vitest/config";

// Generators and type checkers take seconds on a busy machine.
export default defineConfig({ test: { include: ["*.test.ts"], testTimeout: 120_000 } });
