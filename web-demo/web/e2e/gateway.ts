/** A standalone gateway node, as an operator runs it: the binary `saoma` with a settings file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { environment } from "./environment.ts";

/** Path of the gateway's binary. */
export const BINARY = process.env["SAOMA_BIN"] ?? new URL("../../../target/debug/saoma", import.meta.url).pathname;

/** Settings of a relying party. */
export interface ClientSettings {
  readonly client_id: string;
  readonly name: string;
  /** Missing for a public client. */
  readonly secret?: string;
  /** Requests for which PKCE is required; all by default. */
  readonly pkce?: "required" | "optional";
  readonly redirect_uris: readonly string[];
  readonly origins?: readonly string[];
  /** File with the client's public keys, in place of a secret. */
  readonly jwks_file?: string;
  /** True for a client with devices (RFC 8628). */
  readonly device?: boolean;
  /** True for a client that reads the ID token alone, and not the userinfo endpoint. */
  readonly id_token_claims?: boolean;
  /** Lifetime of refresh tokens; none by default. */
  readonly refresh_tokens?: string;
  /** Lifetime of a session at the gateway; none by default. */
  readonly sso?: string;
  readonly post_logout_redirect_uris?: readonly string[];
  readonly backchannel_logout_uri?: string;
}

/** Settings that the nodes behind a proxy share. */
export interface Shared {
  /** Public origin. */
  readonly publicUrl: string;
  /** Addresses of the proxy. */
  readonly trustedProxies: readonly string[];
  /** Address of the store. */
  readonly store: string;
  /** File of the signing key. */
  readonly signingKey: string;
  /** File with the secret that the nodes share. */
  readonly secret: string;
}

/** Settings of an endpoint of the app's backend. */
export interface Endpoint {
  readonly url: string;
  readonly client_id: string;
  readonly client_secret: string;
}

/** Settings of token introspection. */
export interface Introspection extends Endpoint {
  readonly audience: string;
}

export class Gateway {
  #process: ChildProcess | undefined;

  private constructor(
    readonly origin: string,
    private readonly folder: string,
  ) {}

  /** Starts a node at this origin, alone with a memory store or as one of several. Resolves once it serves. */
  static async start(
    origin: string,
    introspection: Introspection,
    clients: readonly ClientSettings[],
    shared?: Shared,
    standing?: Endpoint,
  ): Promise<Gateway> {
    const gateway = new Gateway(origin, await mkdtemp(join(tmpdir(), "saoma-gateway-")));
    await writeFile(gateway.#settings, settings(origin, introspection, clients, shared, standing));
    await gateway.begin();
    return gateway;
  }

  /** Starts it at its origin. Its memory store is empty. */
  async begin(): Promise<void> {
    const child = spawn(BINARY, ["serve", "--config", this.#settings], {
      stdio: ["ignore", "inherit", "pipe"],
      env: environment(),
    });
    this.#process = child;
    await serving(child);
  }

  /** Kills it in the middle of its work. */
  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  async stop(): Promise<void> {
    await this.#end("SIGTERM");
    await rm(this.folder, { recursive: true, force: true });
  }

  get #settings(): string {
    return join(this.folder, "saoma.toml");
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

/** Returns the settings file. TOML writes strings and lists of strings as JSON does. */
function settings(
  origin: string,
  introspection: Introspection,
  clients: readonly ClientSettings[],
  shared: Shared | undefined,
  standing: Endpoint | undefined,
): string {
  const table = (name: string, members: object) =>
    [name, ...Object.entries(members).map(([key, value]) => `${key} = ${JSON.stringify(value)}`)].join("\n");
  return [
    table("[server]", {
      listen: new URL(origin).host,
      public_url: shared?.publicUrl ?? origin,
      trusted_proxies: shared?.trustedProxies ?? [],
      drain_window: "1s",
    }),
    ...(shared
      ? [
          table("[store]", { url: shared.store }),
          table("[oidc]", { signing_keys: [shared.signingKey] }),
          table("[cluster]", { secret_files: [shared.secret] }),
        ]
      : []),
    table("[operations]", { enabled: false }),
    table("[identity.introspection]", introspection),
    ...(standing ? [table("[identity.standing]", standing)] : []),
    ...clients.map((client) => table("[[clients]]", client)),
  ].join("\n\n");
}

function serving(child: ChildProcess): Promise<void> {
  const { stderr } = child;
  if (stderr === null) throw new Error("the gateway has no log");
  const lines = new Array<string>();
  return new Promise((resolve, reject) => {
    const log = createInterface(stderr);
    log.on("line", (line) => {
      lines.push(line);
      if (/\bserving\b/.test(line)) resolve();
    });
    log.on("close", () => reject(new Error(`the gateway ended before it served:\n${lines.join("\n")}`)));
  });
}
