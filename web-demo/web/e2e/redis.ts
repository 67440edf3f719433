/** A Redis server for one test. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { freeOrigin } from "./ports.ts";

export class Redis {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
  ) {}

  /** Starts an empty server without persistence. Resolves once it serves. */
  static async start(): Promise<Redis> {
    const { port } = new URL(await freeOrigin());
    const args = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
    const child = spawn("redis-server", args, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      const log = createInterface(child.stdout);
      log.on("line", (line) => line.includes("Ready to accept connections") && resolve());
      log.on("close", () => reject(new Error("redis-server ended before it served")));
      child.on("error", reject);
    });
    return new Redis(`redis://127.0.0.1:${port}`, child);
  }

  async stop(): Promise<void> {
    const ended = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await ended;
  }
}
