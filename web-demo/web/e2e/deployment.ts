/** Two nodes on one Redis behind nginx, and a person with an access token. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import http from "node:http";
import https from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { App } from "./app.ts";
import { environment } from "./environment.ts";
import { BINARY, Gateway } from "./gateway.ts";
import { Nginx } from "./nginx.ts";
import { freeOrigin } from "./ports.ts";
import { Redis } from "./redis.ts";

const SECRET = "a secret of the gateway";
const CLIENT_ID = "party";

/** A response with a JSON body. */
export interface Answer {
  readonly status: number | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Destination of a request, and the address of this machine that sends it. */
interface Route {
  readonly at?: string | undefined;
  readonly localAddress?: string;
}

export class Deployment {
  readonly #verifier = randomBytes(32).toString("base64url");

  private constructor(
    /** Public origin of the gateway: that of nginx. */
    readonly origin: string,
    /** Origins of the nodes behind nginx. */
    readonly nodes: readonly string[],
    readonly nginx: Nginx,
    /** The origin of the relying party's page, which is empty. */
    readonly party: string,
    private readonly resources: Resources,
  ) {}

  static async start(): Promise<Deployment> {
    const resources = new Resources();
    try {
      return await Deployment.#assemble(resources);
    } catch (error) {
      await resources.stop();
      throw error;
    }
  }

  static async #assemble(resources: Resources): Promise<Deployment> {
    const origin = (await freeOrigin()).replace("http:", "https:");
    const redis = resources.add(await Redis.start());
    const app = resources.add(await App.start());
    const { signingKey, secret } = resources.add(await SharedKeys.generate());
    const introspection = { url: `${app.origin}/introspect`, client_id: "saoma", client_secret: SECRET, audience: "saoma" };
    const party = { client_id: CLIENT_ID, name: "示例站点", redirect_uris: [`${app.origin}/callback`], origins: [app.origin] };
    const shared = { publicUrl: origin, trustedProxies: ["127.0.0.1"], store: redis.url, signingKey, secret };
    const nodes = [await freeOrigin(), await freeOrigin()];
    for (const node of nodes) resources.add(await Gateway.start(node, introspection, [party], shared));
    const nginx = resources.add(await Nginx.start(origin, nodes));
    return new Deployment(origin, nodes, nginx, app.origin, resources);
  }

  async stop(): Promise<void> {
    await this.resources.stop();
  }

  /** Address of WebSockets. */
  get socket(): string {
    return `${this.origin.replace("https:", "wss:")}/v1/socket`;
  }

  /** Returns the members of `open`. */
  openRequest(): Record<string, string> {
    return {
      client_id: CLIENT_ID,
      redirect_uri: `${this.party}/callback`,
      state: "state",
      nonce: "nonce",
      scope: "openid profile",
      code_challenge: createHash("sha256").update(this.#verifier).digest("base64url"),
      code_challenge_method: "S256",
    };
  }

  /** Posts JSON with the app's token, unless the headers replace it. */
  async post(path: string, body: unknown = {}, headers: http.OutgoingHttpHeaders = {}, way: Route = {}): Promise<Answer> {
    const own = { "content-type": "application/json", authorization: `Bearer ${App.TOKEN}` };
    return read(await this.#send("POST", path, JSON.stringify(body), { ...own, ...headers }, way));
  }

  /** Exchanges the code for tokens, as the relying party's server does. */
  async redeem(code: string): Promise<Answer> {
    const redirect_uri = `${this.party}/callback`;
    const form = { grant_type: "authorization_code", client_id: CLIENT_ID, code, redirect_uri, code_verifier: this.#verifier };
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return read(await this.#send("POST", "/oauth2/token", new URLSearchParams(form).toString(), headers));
  }

  /** Opens an event stream. `next` resolves with the next event, or with `undefined` at the end. */
  async events(path: string, headers: http.OutgoingHttpHeaders): Promise<{ next(): Promise<string | undefined> }> {
    const response = await this.#send("GET", path, undefined, headers);
    if (response.statusCode !== 200) throw new Error(`the stream was refused with ${response.statusCode}`);
    const pieces = response.setEncoding("utf8")[Symbol.asyncIterator]();
    let unread = "";
    // A chunk may hold several events, and comments between them.
    const next = async (): Promise<string | undefined> => {
      const end = unread.indexOf("\n\n");
      if (end >= 0) {
        const event = unread.slice(0, end);
        unread = unread.slice(end + 2);
        return event.startsWith(":") ? next() : event;
      }
      const { done, value } = await pieces.next();
      if (done) return undefined;
      unread += value;
      return next();
    };
    return { next };
  }

  async #send(
    method: string,
    path: string,
    body: string | undefined,
    headers: http.OutgoingHttpHeaders,
    { at = this.origin, localAddress }: Route = {},
  ): Promise<http.IncomingMessage> {
    const url = new URL(path, at);
    const options = { method, headers, agent: false as const, ...(localAddress !== undefined && { localAddress }) };
    const request =
      url.protocol === "https:"
        ? https.request(url, { ...options, ca: readFileSync(this.nginx.certificate) })
        : http.request(url, options);
    request.end(body);
    const [response] = await once(request, "response");
    return response;
  }
}

async function read(response: http.IncomingMessage): Promise<Answer> {
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return { status: response.statusCode, json: JSON.parse(text) };
}

interface Resource {
  stop(): Promise<void>;
}

/** Started resources, stopped in reverse order. */
class Resources {
  readonly #resources: Resource[] = [];

  add<T extends Resource>(resource: T): T {
    this.#resources.unshift(resource);
    return resource;
  }

  async stop(): Promise<void> {
    for (const resource of this.#resources) await resource.stop();
  }
}

/** Signing key and secret of the nodes. */
class SharedKeys implements Resource {
  private constructor(private readonly folder: string) {}

  static async generate(): Promise<SharedKeys> {
    const keys = new SharedKeys(await mkdtemp(join(tmpdir(), "saoma-key-")));
    await promisify(execFile)(BINARY, ["generate-key", keys.signingKey], { env: environment() });
    await promisify(execFile)(BINARY, ["generate-secret", keys.secret], { env: environment() });
    return keys;
  }

  get signingKey(): string {
    return join(this.folder, "signing.pem");
  }

  get secret(): string {
    return join(this.folder, "cluster.secret");
  }

  async stop(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
