/** The server of a relying party, in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { environment } from "../../web/e2e/environment.ts";

/** A command, and the line of its output by which it tells that it listens. */
export interface Program {
  readonly command: readonly [string, ...string[]];
  readonly ready: RegExp;
}

export class Site {
  private constructor(
    /** Lines that the server has written so far. */
    readonly output: readonly string[],
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  /** Starts a server with this environment and an empty folder of its own, `DATA`. Resolves once it listens. */
  static async start({ command, ready }: Program, variables: Readonly<Record<string, string>>): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), "saoma-site-"));
    const [file, ...args] = command;
    const env = { ...environment(), ...variables, DATA: folder };
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "pipe"], env });
    const output = new Array<string>();
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr]) {
        createInterface(stream).on("line", (line) => {
          output.push(line);
          if (ready.test(line)) resolve();
        });
      }
      child.on("error", reject);
      child.on("exit", () => reject(new Error(`${command.join(" ")} ended before it listened:\n${output.join("\n")}`)));
    });
    return new Site(output, child, folder);
  }

  async stop(): Promise<void> {
    if (this.process.exitCode === null) {
      const ended = once(this.process, "exit");
      this.process.kill("SIGTERM");
      await ended;
    }
    await rm(this.folder, { recursive: true, force: true });
  }
}
