/** Runs the whole product from its binary, on free ports and an empty data folder. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { environment } from "./environment.ts";

const BINARY = process.env["SAOMA_DEMO_BIN"] ?? new URL("../../../target/debug/saoma-demo", import.meta.url).pathname;

const SERVERS = ["gateway", "portal", "phone"] as const;

/** Address of each server, without a slash at the end. */
export type Addresses = Readonly<Record<(typeof SERVERS)[number], string>>;

/** A gateway, a portal and a phone app in one process. */
export class Demo {
  #process: ChildProcess | undefined;
  #addresses: Addresses | undefined;
  #messages: string | undefined;

  private constructor(
    readonly data: string,
    readonly environment: Readonly<Record<string, string>>,
    readonly args: readonly string[],
    readonly binary: string,
  ) {}

  /** Starts a fresh demo with these settings of its gateway. Resolves once it is ready. */
  static async start(environment: Readonly<Record<string, string>> = {}, args: readonly string[] = [], binary = BINARY): Promise<Demo> {
    const demo = new Demo(await mkdtemp(join(tmpdir(), "saoma-demo-")), environment, args, binary);
    await demo.begin();
    return demo;
  }

  get addresses(): Addresses {
    if (this.#addresses === undefined) throw new Error("the demo has not started");
    return this.#addresses;
  }

  /** Address of the page of short messages, with the key that opens the developer pages in a browser. */
  get messages(): string {
    if (this.#messages === undefined) throw new Error("the demo has no developer pages");
    return this.#messages;
  }

  /** Starts it, at its previous addresses if it ran before. */
  async begin(): Promise<void> {
    const chosen = SERVERS.filter((server) => !this.args.includes(`--${server}`));
    const servers = chosen.flatMap((server) => [`--${server}`, this.#addresses ? new URL(this.#addresses[server]).host : "127.0.0.1:0"]);
    const child = spawn(this.binary, [...servers, "--data", this.data, ...this.args], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...environment(), ...this.environment },
    });
    this.#process = child;
    const lines = await linesUntilReady(child);
    this.#messages = lines.find((line) => line.includes("/developer/messages"))?.trim();
    this.#addresses = { gateway: addressOf("gateway", lines), portal: addressOf("portal", lines), phone: addressOf("phone", lines) };
  }

  /** Kills it in the middle of its work. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** Ends it gracefully and removes its data. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.data, { recursive: true, force: true });
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}

async function linesUntilReady(child: ChildProcess): Promise<readonly string[]> {
  await once(child, "spawn");
  const { stdout } = child;
  if (stdout === null) throw new Error("the demo has no output");
  const lines = new Array<string>();
  return new Promise((resolve, reject) => {
    const output = createInterface(stdout);
    output.on("line", (line) => (line === "ready" ? resolve(lines) : lines.push(line)));
    output.on("close", () => reject(new Error(`the demo ended before it was ready:\n${lines.join("\n")}`)));
  });
}

/** Returns the address in the line that begins with this server's name. */
function addressOf(server: string, lines: readonly string[]): string {
  const line = lines.find((line) => line.startsWith(`${server} `));
  const address = /https?:\/\/[^\s/]+/.exec(line ?? "")?.[0];
  if (address === undefined) throw new Error(`the demo does not print the address of its ${server}:\n${lines.join("\n")}`);
  return address;
}
