/** Two nodes on one Redis behind nginx, and a person whose app has a token. */
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
import { BINARY, Gateway, freeOrigin } from "./gateway.ts";
import { Nginx } from "./nginx.ts";
import { Redis } from "./redis.ts";

const SECRET = "a secret of the gateway";
const CLIENT_ID = "party";

/** An answer whose body is JSON. */
export interface Answer {
  readonly status: number | undefined;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Where a request goes, and from which of this machine's addresses. */
interface Way {
  readonly at?: string | undefined;
  readonly localAddress?: string;
}

export class Deployment {
  readonly #verifier = randomBytes(32).toString("base64url");

  private constructor(
    /** Where everybody reaches the gateway: nginx. */
    readonly origin: string,
    /** Where nginx reaches it. */
    readonly nodes: readonly string[],
    readonly nginx: Nginx,
    /** The origin of the relying party's page, which is empty. */
    readonly party: string,
    private readonly parts: Parts,
  ) {}

  static async start(): Promise<Deployment> {
    const parts = new Parts();
    try {
      return await Deployment.#assemble(parts);
    } catch (error) {
      await parts.stop();
      throw error;
    }
  }

  static async #assemble(parts: Parts): Promise<Deployment> {
    const origin = (await freeOrigin()).replace("http:", "https:");
    const redis = parts.add(await Redis.start());
    const app = parts.add(await App.start());
    const { signingKey } = parts.add(await SigningKey.generate());
    const introspection = { url: `${app.origin}/introspect`, client_id: "saoma", client_secret: SECRET };
    const party = { client_id: CLIENT_ID, name: "示例站点", redirect_uris: [`${app.origin}/callback`], origins: [app.origin] };
    const shared = { publicUrl: origin, trustedProxies: ["127.0.0.1"], store: redis.url, signingKey };
    const nodes = [await freeOrigin(), await freeOrigin()];
    for (const node of nodes) parts.add(await Gateway.start(node, introspection, [party], shared));
    const nginx = parts.add(await Nginx.start(origin, nodes));
    return new Deployment(origin, nodes, nginx, app.origin, parts);
  }

  async stop(): Promise<void> {
    await this.parts.stop();
  }

  /** Where sockets connect. */
  get socket(): string {
    return `${this.origin.replace("https:", "wss:")}/v1/socket`;
  }

  /** The members of `open`. */
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

  /** Posts JSON, as the phone's app unless the headers say otherwise. */
  async post(path: string, body: unknown = {}, headers: http.OutgoingHttpHeaders = {}, way: Way = {}): Promise<Answer> {
    const own = { "content-type": "application/json", authorization: `Bearer ${App.TOKEN}` };
    return read(await this.#send("POST", path, JSON.stringify(body), { ...own, ...headers }, way));
  }

  /** The relying party's back end: the code for tokens. */
  async redeem(code: string): Promise<Answer> {
    const redirect_uri = `${this.party}/callback`;
    const form = { grant_type: "authorization_code", client_id: CLIENT_ID, code, redirect_uri, code_verifier: this.#verifier };
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return read(await this.#send("POST", "/oauth2/token", new URLSearchParams(form).toString(), headers));
  }

  /** An event stream; `next` resolves with what comes next, or with nothing at its end. */
  async events(path: string, headers: http.OutgoingHttpHeaders): Promise<{ next(): Promise<string | undefined> }> {
    const response = await this.#send("GET", path, undefined, headers);
    if (response.statusCode !== 200) throw new Error(`the stream was refused with ${response.statusCode}`);
    const pieces = response.setEncoding("utf8")[Symbol.asyncIterator]();
    let unread = "";
    // Events may come in one piece with the comments between them.
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
    { at = this.origin, localAddress }: Way = {},
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

interface Part {
  stop(): Promise<void>;
}

/** What was started, to be stopped the other way round. */
class Parts {
  readonly #parts: Part[] = [];

  add<T extends Part>(part: T): T {
    this.#parts.unshift(part);
    return part;
  }

  async stop(): Promise<void> {
    for (const part of this.#parts) await part.stop();
  }
}

/** The key that the nodes sign by. */
class SigningKey implements Part {
  private constructor(private readonly folder: string) {}

  static async generate(): Promise<SigningKey> {
    const key = new SigningKey(await mkdtemp(join(tmpdir(), "saoma-key-")));
    await promisify(execFile)(BINARY, ["generate-key", key.signingKey], { env: environment() });
    return key;
  }

  get signingKey(): string {
    return join(this.folder, "signing.pem");
  }

  async stop(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
