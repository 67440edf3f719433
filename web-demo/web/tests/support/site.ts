/** A site that serves the built scripts under the strictest policy of the phone's pages. */
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import { readFile } from "node:fs/promises";

/** Allows only the needs of the pages; a breach is an error in the console. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src blob:",
  "connect-src 'self'",
  "worker-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types scan-camera",
].join("; ");

const dist = new URL("../../dist/", import.meta.url);

export interface Site {
  /** `http://127.0.0.1:PORT`, which browsers trust like HTTPS. */
  readonly origin: string;
  readonly port: number;
  close(): void;
}

/** A page, or a function that answers requests for it. */
export type Answer = string | ((request: IncomingMessage, response: ServerResponse) => void);

/** Serves these pages by path, and the scripts of dist/ under /assets/. */
export async function serve(pages: Readonly<Record<string, Answer>>): Promise<Site> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://site");
    const page = pages[pathname];
    const asset = /^\/assets\/([a-z-]+\.(?:css|js))$/.exec(pathname)?.[1];
    response.setHeader("Content-Security-Policy", POLICY);
    if (typeof page === "function") page(request, response);
    else if (page !== undefined) response.setHeader("Content-Type", "text/html; charset=utf-8").end(page);
    else if (asset !== undefined) response.setHeader("Content-Type", asset.endsWith(".js") ? "text/javascript" : "text/css").end(await readFile(new URL(asset, dist)));
    else response.writeHead(404).end();
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  const { port } = address;
  return { origin: `http://127.0.0.1:${port}`, port, close: () => server.close() };
}
