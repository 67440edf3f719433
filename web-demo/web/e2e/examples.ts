/** The examples of docs/examples, each as a process or a site of its own, at one gateway. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import http from "node:http";
import { extname, join } from "node:path";
import { setTimeout } from "node:timers/promises";

import { environment } from "./environment.ts";
import { Gateway } from "./gateway.ts";
import { freeOrigin } from "./ports.ts";

/** The folder of the examples. */
export const EXAMPLES = new URL("../../../docs/examples/", import.meta.url).pathname;

const PYTHON = new URL("../../../.venv/bin/python", import.meta.url).pathname;

/** Ids of the sites at the gateway. */
export const SITES = ["portal-flask", "portal-node", "page-qr-login"] as const;

export type Site = (typeof SITES)[number];

/** A gateway whose only customers are the examples: two portals, a page and an app. */
export class Examples {
  readonly #stops: (() => Promise<void>)[] = [];

  private constructor(
    /** Origin of the gateway. */
    readonly gateway: string,
    /** Origin of the app's phone page. */
    readonly app: string,
    /** Origin of each site. */
    readonly sites: Readonly<Record<Site, string>>,
  ) {}

  static async start(): Promise<Examples> {
    const [gateway, app, flask, node, page] = await Promise.all(Array.from({ length: 5 }, freeOrigin));
    if (!gateway || !app || !flask || !node || !page) throw new Error("no ports");
    const examples = new Examples(gateway, app, { "portal-flask": flask, "portal-node": node, "page-qr-login": page });
    try {
      await examples.#assemble();
    } catch (error) {
      await examples.stop();
      throw error;
    }
    return examples;
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0).reverse()) await stop();
  }

  async #assemble(): Promise<void> {
    const secret = () => randomBytes(32).toString("hex");
    const introspection = { client_id: "saoma", client_secret: secret(), audience: "saoma", url: `${this.app}/introspect` };
    const portals = (["portal-flask", "portal-node"] as const).map((id) => {
      const origin = this.sites[id];
      const addresses = { redirect_uris: [`${origin}/callback`], post_logout_redirect_uris: [`${origin}/`] };
      return { client_id: id, name: `The ${id}`, secret: secret(), ...addresses };
    });
    const page = this.sites["page-qr-login"];
    const pageClient = { client_id: "page-qr-login", name: "The page", redirect_uris: [`${page}/`], origins: [page] };
    const gateway = await Gateway.start(this.gateway, introspection, [...portals, pageClient]);
    this.#stops.push(() => gateway.stop());

    await this.#runPython("app-backend-python", "app", this.app, {
      GATEWAY_URL: this.gateway,
      INTROSPECTION_SECRET: introspection.client_secret,
      PEOPLE_FILE: "people.json",
      SESSION_SECRET: secret(),
    });
    for (const { client_id, secret: clientSecret } of portals) {
      const origin = this.sites[client_id];
      const settings = {
        OIDC_ISSUER: this.gateway,
        OIDC_CLIENT_ID: client_id,
        OIDC_CLIENT_SECRET: clientSecret,
        PORTAL_URL: origin,
        PORT: new URL(origin).port,
        SESSION_SECRET: secret(),
      };
      if (client_id === "portal-flask") await this.#runPython(client_id, "portal", origin, settings);
      else await this.#run(process.execPath, ["portal.js"], client_id, origin, settings);
    }
    this.#stops.push(await serve("page-qr-login", page, this.gateway));
  }

  #runPython(folder: string, module: string, origin: string, settings: NodeJS.ProcessEnv): Promise<void> {
    const args = ["-m", "flask", "--app", module, "run", "--host", "127.0.0.1", "--port", new URL(origin).port];
    return this.#run(PYTHON, args, folder, origin, settings);
  }

  /** Runs a program in an example's folder until it answers at this origin. */
  async #run(program: string, args: readonly string[], folder: string, origin: string, settings: NodeJS.ProcessEnv): Promise<void> {
    const env = { ...environment(), ...settings };
    const child = spawn(program, args, { cwd: join(EXAMPLES, folder), env, stdio: "ignore" });
    this.#stops.push(() => end(child));
    while (!(await answers(origin))) {
      if (child.exitCode !== null) throw new Error(`${folder} ended with ${child.exitCode} before it served`);
      await setTimeout(50);
    }
  }
}

async function answers(origin: string): Promise<boolean> {
  return fetch(origin).then(
    () => true,
    () => false,
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill();
  await ended;
}

/** Serves an example's files, with the settings of this gateway. */
async function serve(folder: string, origin: string, gateway: string): Promise<() => Promise<void>> {
  const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };
  const server = http.createServer(async (request, response) => {
    const path = new URL(request.url ?? "/", origin).pathname;
    const name = path === "/" ? "index.html" : path.slice(1);
    const file = await readFile(join(EXAMPLES, folder, name), "utf8").catch(() => undefined);
    if (file === undefined) return response.writeHead(404).end();
    const text = name === "settings.js" ? file.replace("https://login.example", gateway).replace('"page"', `"${folder}"`) : file;
    response.writeHead(200, { "content-type": `${types[extname(name)] ?? "text/plain"}; charset=utf-8` }).end(text);
  });
  server.listen(Number(new URL(origin).port), "127.0.0.1");
  await once(server, "listening");
  return async () => {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  };
}
