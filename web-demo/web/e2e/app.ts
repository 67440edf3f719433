/** An app's backend with one person, and the empty page of a relying party. */
import { once } from "node:events";
import http from "node:http";

import { freeOrigin } from "./ports.ts";

/** Answers token introspection (RFC 7662). */
export class App {
  /** The token of its one person. */
  static readonly TOKEN = "a token of the app";

  private constructor(
    readonly origin: string,
    private readonly server: http.Server,
  ) {}

  static async start(): Promise<App> {
    const person = { active: true, sub: "c-1", aud: "saoma", name: "示例甲", identities: [{ id: "personal", kind: "personal", name: "示例甲" }] };
    const server = http.createServer(async (request, response) => {
      if (request.method === "GET") return response.setHeader("content-type", "text/html").end("<!doctype html><title>示例</title>");
      let form = "";
      for await (const piece of request.setEncoding("utf8")) form += piece;
      const known = new URLSearchParams(form).get("token") === App.TOKEN;
      return response.setHeader("content-type", "application/json").end(JSON.stringify(known ? person : { active: false }));
    });
    const origin = await freeOrigin();
    server.listen(Number(new URL(origin).port), "127.0.0.1");
    await once(server, "listening");
    return new App(origin, server);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
