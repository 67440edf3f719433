/** Clients that public generators make from docs/openapi.json compile, and tell errors by their types. */
import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, test } from "vitest";

const HERE = import.meta.dirname;
const TOP = join(HERE, "../..");
const DOCUMENT = join(TOP, "docs/openapi.json");
const GENERATED = join(HERE, "generated");
const VENV = join(TOP, ".venv/bin");

/** Runs a program in this folder. Python's tools find one another in the path. */
async function run(program: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, PATH: [VENV, process.env["PATH"]].join(delimiter) };
  const { stdout, stderr } = await promisify(execFile)(program, args, { cwd: HERE, env }).catch((error: unknown) => {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${program} ${args.join(" ")}\n${stdout}${stderr}`);
  });
  return stdout + stderr;
}

beforeAll(() => rm(GENERATED, { recursive: true, force: true }));

test("openapi-typescript makes types by which a caller compiles", async () => {
  await run(join(HERE, "node_modules/.bin/openapi-typescript"), DOCUMENT, "--output", join(GENERATED, "api.d.ts"));
  expect(await run(join(TOP, "node_modules/.bin/tsc"), "-p", ".")).toBe("");
});

test("openapi-python-client makes a client that reads each error as a type of its own", async () => {
  const python = join(GENERATED, "python");
  const generate = ["generate", "--path", DOCUMENT, "--output-path", join(python, "generated"), "--meta", "none"];
  const told = await run("openapi-python-client", ...generate, "--overwrite", "--fail-on-warning");
  expect(told).not.toContain("WARNING");
  expect(await run("mypy", "--no-error-summary")).toBe("");
  expect(await run("python", "uses.py", DOCUMENT, python)).toMatch(/^read \d{2,} errors$/m);
});
