/** A terminal with oidc-agent, as Debian has it: by a device code (RFC 8628), and by a browser on the same machine. */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { environment } from "../../web/e2e/environment.ts";
import { REFRESH, Stage } from "../stage/stage.ts";
import { debian } from "../stage/versions.ts";

const CLIENT = "terminal";
const run = promisify(execFile);

let stage: Stage;
let folder: string;
/** Process id of the agent, which runs in the background. */
let agent: number;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  // A public client, with the address at which oidc-agent itself waits for the browser.
  stage = await Stage.start([{ client_id: CLIENT, client: (origin) => ({ redirect_uris: [origin], device: true, ...REFRESH }) }]);
});

afterAll(async () => {
  await stage?.stop();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saoma-agent-"));
  const home = { ...environment(), HOME: folder, TMPDIR: folder, OIDC_CONFIG_DIR: folder };
  const { stdout } = await run("oidc-agent", ["--json"], { env: home });
  const { socket, dpid } = JSON.parse(stdout);
  agent = Number(dpid);
  env = { ...home, OIDC_SOCK: socket, OIDC_ENCRYPTION_PW: "a password" };
});

afterEach(async () => {
  process.kill(agent);
  await rm(folder, { recursive: true, force: true });
});

/** An account that is being set up. */
interface Setup {
  /** Returns the first line that matches. */
  readonly line: (pattern: RegExp) => Promise<RegExpExecArray>;
  /** The exit code, and all that was printed. */
  readonly ended: Promise<{ code: number; output: string }>;
}

/** Begins to set up an account, as the manual of oidc-gen says. */
function setUp(...args: readonly string[]): Setup {
  const account = [`--iss=${stage.gateway.origin}`, `--client-id=${CLIENT}`, "--client-secret=", "--scope=openid profile offline_access"];
  const plain = ["--manual", "--no-url-call", "--no-scheme", "--pw-env", "--prompt=none", "--confirm-default"];
  const child = spawn("oidc-gen", [...account, ...plain, ...args, CLIENT], { env, stdio: ["ignore", "pipe", "pipe"] });
  const lines = new Array<string>();
  let check = () => {};
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on("line", (line) => {
      lines.push(line);
      check();
    });
  }
  const ended = once(child, "close").then(([code]) => ({ code, output: lines.join("\n") }));
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      check = () => lines.map((line) => pattern.exec(line)).forEach((match) => match && resolve(match));
      check();
      void ended.then(({ output }) => reject(new Error(`no line has ${pattern}:\n${output}`)));
    });
  return { line, ended };
}

/** Returns an access token of the agent. */
async function token(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("oidc-token", [...args, CLIENT], { env });
  return stdout.trim();
}

/** Returns what the gateway tells the holder of an access token, or the status of its refusal. */
async function userInfo(token: string): Promise<unknown> {
  const response = await fetch(`${stage.gateway.origin}/oauth2/userinfo`, { headers: { authorization: `Bearer ${token}` } });
  return response.ok ? response.json() : response.status;
}

describe(debian("oidc-agent-cli"), () => {
  test("logs in a terminal by a device code, renews its token, and gives it up", async () => {
    const setup = setUp("--flow=device");
    const [, user_code = ""] = await setup.line(/code: ([\w-]+)/);
    const loginId = await stage.phone.scan({ user_code });
    await stage.phone.confirm(loginId, { same_user_code: true });
    expect(await setup.ended).toMatchObject({ code: 0 });
    expect(await userInfo(await token())).toMatchObject({ name: "示例甲" });
    const renewed = await token("--force-new");
    expect(await userInfo(renewed)).toMatchObject({ name: "示例甲" });
    // The agent revokes its tokens.
    await run("oidc-gen", ["--pw-env", "--prompt=none", "--confirm-yes", "--delete", CLIENT], { env });
    expect(await userInfo(renewed)).toBe(401);
  });

  test("is told that the person has declined", async () => {
    const setup = setUp("--flow=device");
    const [, user_code = ""] = await setup.line(/code: ([\w-]+)/);
    await stage.phone.reject(await stage.phone.scan({ user_code }));
    const { code, output } = await setup.ended;
    expect(code).not.toBe(0);
    expect(output).toContain("access_denied");
  });

  test("logs in by a browser on the same machine", async () => {
    const port = new URL(stage.originOf(CLIENT)).port;
    const setup = setUp("--flow=code", `--port=${port}`);
    const [address] = await setup.line(/http:\S+authorize\S+/);
    const window = await stage.openAt(address);
    await stage.confirm(window);
    expect(await setup.ended).toMatchObject({ code: 0 });
    expect(await userInfo(await token("--force-new"))).toMatchObject({ name: "示例甲" });
    await window.close();
  });
});
