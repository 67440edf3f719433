/** The npm packages, packed and installed in a project outside the workspace, without a network. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
const FOLDERS = { "@saoma/client": "protocol/typescript", "@saoma/qr-login": "gateway/web" } as const;
const NAMES = Object.keys(FOLDERS) as readonly (keyof typeof FOLDERS)[];

/** A site's code. Each `@ts-expect-error` fails the check where the types are too loose to see the mistake. */
const CONSUMER = `
import { type LoginOptions, type LoginState, LoginConnection, isSettled } from "@saoma/client";
import { LoginStateEvent, QrLoginElement } from "@saoma/qr-login";
import "@saoma/qr-login/define";
import "@saoma/qr-login/ahead";

const options: LoginOptions = {
  gateway: "https://login.example",
  request: {
    client_id: "hall",
    redirect_uri: "https://hall.example/callback",
    scope: "openid",
    code_challenge: "x",
    code_challenge_method: "S256",
  },
  storage: sessionStorage,
};
// @ts-expect-error
new LoginConnection({ gateway: "https://login.example" });

export function follow(show: (code: string) => void): () => void {
  return new LoginConnection(options).subscribe((state: LoginState) => {
    if (state.name === "waiting") show(state.qr);
    // @ts-expect-error
    if (state.name === "nonsense") show("");
    const over: boolean = isSettled(state);
    if (over) show("");
  });
}

const element: QrLoginElement = document.createElement("qr-login");
element.addEventListener("saoma-state", (event) => {
  const typed: LoginStateEvent = event;
  const { state, detail }: { state: LoginState; detail: LoginState } = typed;
  if (state.name === "confirmed" && detail === state) location.assign(state.redirectTo);
  // @ts-expect-error
  event.state.nonsense;
});
document.addEventListener("saoma-state", ({ state }) => state.name satisfies string);
`;

let project: string;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "saoma-packages-"));
  for (const name of NAMES) await install(name);
  await writeFile(join(project, "package.json"), JSON.stringify({ name: "site", private: true, type: "module" }));
  await writeFile(join(project, "site.ts"), CONSUMER);
}, 120_000);

afterAll(() => rm(project, { recursive: true, force: true }));

/** Packs a package as `npm publish` would, and unpacks it where `npm install` would. */
async function install(name: keyof typeof FOLDERS): Promise<void> {
  await run("npm", ["pack", "--offline", "--pack-destination", project], { cwd: join(ROOT, FOLDERS[name]) });
  const archive = (await readdir(project)).find((file) => file.startsWith(name.slice(1).replace("/", "-"))) ?? "";
  await mkdir(join(project, "node_modules", name), { recursive: true });
  await run("tar", ["xzf", join(project, archive), "-C", join(project, "node_modules", name), "--strip-components=1"]);
}

/** Paths of the files of an installed package. */
async function filesOf(name: string): Promise<readonly string[]> {
  const found = await readdir(join(project, "node_modules", name), { recursive: true, withFileTypes: true });
  const folder = join(project, "node_modules", name);
  return found.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

async function manifestOf(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(project, "node_modules", name, "package.json"), "utf8"));
}

/** Every path in the `exports` of a package, but for the workspace's own condition. */
function targets(exports: unknown): string[] {
  if (typeof exports === "string") return [exports];
  return Object.entries(exports ?? {}).flatMap(([condition, target]) => (condition === "@saoma/source" ? [] : targets(target)));
}

describe.each(NAMES)("%s", (name) => {
  test("holds its code, its types, a README and the licence, and nothing else", async () => {
    const files = await filesOf(name);
    for (const file of ["LICENSE", "README.md", "package.json", "lib/index.js", "lib/index.d.ts"]) expect(files).toContain(file);
    expect(files.filter((file) => !/^(lib|src)\/[\w.-]+\.(js|d\.ts|ts)$|^(LICENSE|README\.md|package\.json)$/.test(file))).toEqual([]);
    const licence = await readFile(join(ROOT, "LICENSE"), "utf8");
    expect(await readFile(join(project, "node_modules", name, "LICENSE"), "utf8")).toBe(licence);
  });

  test("exports files that it holds", async () => {
    const files = await filesOf(name);
    const { exports } = await manifestOf(name);
    expect(targets(exports).filter((target) => !files.includes(target.replace("./", "")))).toEqual([]);
    expect(targets(exports).length).toBeGreaterThan(2);
  });

  test("may be published", async () => {
    expect(await manifestOf(name)).toMatchObject({ license: "Apache-2.0", version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    expect(await manifestOf(name)).not.toHaveProperty("private");
  });
});

test("the element depends on the client of its own version", async () => {
  const { version } = await manifestOf("@saoma/client");
  expect(await manifestOf("@saoma/qr-login")).toMatchObject({ dependencies: { "@saoma/client": version } });
});

test.each([
  ["bundler", "esnext"],
  ["node16", "node16"],
])("a site is type-checked against the packages, by the module resolution %s", async (moduleResolution, module) => {
  const config = join(project, `tsconfig.${moduleResolution}.json`);
  const lib = ["es2022", "dom", "dom.iterable"];
  const checks = { strict: true, skipLibCheck: false, noEmit: true };
  const compilerOptions = { ...checks, target: "es2022", lib, types: [], module, moduleResolution };
  await writeFile(config, JSON.stringify({ compilerOptions, files: ["site.ts"] }));
  const { stdout } = await run(join(ROOT, "node_modules/.bin/tsc"), ["-p", config]).catch((failure: { stdout: string }) => failure);
  expect(stdout).toBe("");
});

test("Node loads the client", async () => {
  const script = 'const { INITIAL_STATE } = await import("@saoma/client"); console.log(INITIAL_STATE.name)';
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script], { cwd: project });
  expect(stdout.trim()).toBe("loading");
});

test.each([
  ["the class alone defines nothing", 'import { QrLoginElement } from "@saoma/qr-login"; console.log(QrLoginElement);', false],
  ["a type alone leaves nothing in the bundle", 'import { LoginStateEvent } from "@saoma/qr-login"; import "@saoma/client";', false],
  ["`define` defines the element", 'import "@saoma/qr-login/define";', true],
])("in a site's bundle %s", async (_name, contents, defines) => {
  const stdin = { contents, resolveDir: project };
  const { outputFiles } = await build({ stdin, bundle: true, write: false, format: "esm", logLevel: "error" });
  expect(outputFiles[0]?.text.includes("customElements.define")).toBe(defines);
});
