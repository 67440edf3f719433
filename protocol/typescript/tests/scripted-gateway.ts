/**
 * A gateway whose answers come from the test, over real sockets and real HTTP.
 *
 * Each connection is a {@link BrowserConnection}, so that a test reads the same over all transports. The gateway keeps no
 * state: the test sends the messages that a real gateway would repeat after a resume.
 */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { ClientMessage, Problem } from "../src/generated.ts";
import { HttpConnection, PollOutlet, Queue, StreamOutlet, type BrowserConnection } from "./browser-connections.ts";

export type { BrowserConnection } from "./browser-connections.ts";

/** Answers requests outside of the protocol. Returns false for one that it does not answer. */
export type ServePage = (request: IncomingMessage, response: ServerResponse) => boolean;

/** The gateway. */
export class ScriptedGateway {
  /** True to fail WebSocket handshakes, as a proxy does that blocks them. */
  blocksWebSocket = false;
  /** Treatment of event streams: a proxy may block them, or pass on their head and hold back the rest. */
  streams: "pass" | "are blocked" | "are held back" = "pass";
  /** The problem that answers opens and follows over HTTP, if any. */
  problem: Problem | undefined;
  /** Number of handshakes and streams that were blocked or held back. */
  readonly blocked = { handshakes: 0, streams: 0 };
  /** Parameters of all polls. */
  readonly polls: { readonly after: number; readonly wait: number }[] = [];
  /** Addresses of all sockets. */
  readonly addresses: string[] = [];
  /** Number of requests that the problem answered. */
  refusals = 0;
  readonly #connections = new Queue<BrowserConnection>();
  readonly #followed = new Map<string, HttpConnection>();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #server: Server;
  readonly #servePage: ServePage;

  private constructor(servePage: ServePage) {
    this.#servePage = servePage;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.blocksWebSocket) {
        this.blocked.handshakes += 1;
        socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      this.addresses.push(request.url ?? "");
      this.#sockets.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted, this.#openOf(request)));
    });
  }

  /** Listens on a free port of the loopback interface. */
  static async start(servePage: ServePage = () => false): Promise<ScriptedGateway> {
    const gateway = new ScriptedGateway(servePage);
    await new Promise<void>((listening) => gateway.#server.listen(0, "127.0.0.1", listening));
    return gateway;
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the gateway does not listen");
    return `http://127.0.0.1:${address.port}`;
  }

  /** Returns the next connection that no test has taken yet. */
  nextConnection(): Promise<BrowserConnection> {
    return this.#connections.take();
  }

  /** Number of connections that no test has taken. */
  get unexpectedConnections(): number {
    return this.#connections.waiting;
  }

  async stop(): Promise<void> {
    // Browsers connect ahead of their requests: such a connection must not come after the others are closed.
    const closed = new Promise((closed) => this.#server.close(closed));
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await closed;
  }

  /** Returns the `open` in the address of a socket, if there is one. */
  #openOf(request: IncomingMessage): ClientMessage | undefined {
    const members = Object.fromEntries(new URL(request.url ?? "", this.origin).searchParams);
    return "client_id" in members ? decodeClientMessage(JSON.stringify({ type: "open", ...members })) : undefined;
  }

  #accept(socket: WebSocket, open: ClientMessage | undefined): void {
    const messages = new Queue<ClientMessage>();
    if (open !== undefined) messages.put(open);
    socket.on("message", (data) => messages.put(decodeClientMessage(String(data))));
    void messages.take().then((first) =>
      this.#connections.put({
        transport: "websocket",
        first,
        followed: Promise.resolve(),
        left: new Promise((left) => socket.once("close", () => left())),
        command: () => messages.take(),
        send: (...sent) => sent.forEach((message) => socket.send(JSON.stringify(message))),
        close: (code, reason) => socket.close(code, reason),
        drop: () => socket.terminate(),
      }),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "", this.origin);
    const [, loginId = "", action] = /^\/v1\/logins(?:\/([^/]+)\/(\w+))?$/.exec(pathname) ?? [, undefined];
    const attempt = Number(searchParams.get("attempt"));
    const isOpen = pathname === "/v1/logins";
    if (!isOpen && action === undefined) {
      if (!this.#servePage(request, response)) response.writeHead(404).end();
    } else if (this.problem !== undefined && (isOpen || action === "events")) {
      this.#refuse(this.problem, response);
    } else if (isOpen) {
      this.#connections.put(await this.#opened(request, response));
    } else if (action !== "events") {
      const body = (await request.toArray()).join("");
      this.#followed.get(loginId)?.commands.put(decodeClientMessage(JSON.stringify({ ...JSON.parse(body || "{}"), type: action })));
      response.writeHead(204).end();
    } else if (searchParams.has("after")) {
      const [after, wait] = [Number(searchParams.get("after")), Number(searchParams.get("wait"))];
      this.#poll({ ...resumeOf(loginId, request), last_seq: after, attempt }, wait, response);
    } else {
      const last_seq = Number(request.headers["last-event-id"]);
      this.#stream({ ...resumeOf(loginId, request), last_seq, attempt }, response);
    }
  }

  #refuse(problem: Problem, response: ServerResponse): void {
    this.refusals += 1;
    response.setHeader("content-type", "application/problem+json");
    if (problem.retry_after !== undefined) response.setHeader("retry-after", problem.retry_after);
    response.writeHead(problem.status).end(JSON.stringify(problem));
  }

  async #opened(request: IncomingMessage, response: ServerResponse): Promise<BrowserConnection> {
    const pieces = await request.toArray();
    const first = decodeClientMessage(JSON.stringify({ ...JSON.parse(pieces.join("")), type: "open" }));
    return new HttpConnection(first, (connection, message) => {
      if (message.type === "opened" && "login_id" in message) this.#followed.set(message.login_id, connection);
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(message));
    });
  }

  #stream(resume: Resume, response: ServerResponse): void {
    if (this.streams !== "pass") this.blocked.streams += 1;
    if (this.streams === "are blocked") {
      response.writeHead(403, { "content-type": "text/html" }).end("<html>");
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    if (this.streams === "pass") this.#connectionOf(resume).follow(new StreamOutlet(response));
  }

  /** The first poll of a connection does not wait; those that wait belong to it. */
  #poll(resume: Resume, wait: number, response: ServerResponse): void {
    this.polls.push({ after: resume.last_seq, wait });
    const outlet = wait === 0 ? new PollOutlet() : this.#followed.get(resume.login_id)?.outlet;
    if (!(outlet instanceof PollOutlet)) return void response.writeHead(500).end("the first poll does not wait");
    if (wait === 0) this.#connectionOf(resume).follow(outlet);
    outlet.poll(response, wait);
  }

  /** Returns the connection that has just opened this login, or creates one for a browser that resumes it. */
  #connectionOf(resume: Resume): HttpConnection {
    const opened = this.#followed.get(resume.login_id);
    if (opened !== undefined && opened.outlet === undefined) return opened;
    const connection = new HttpConnection(resume);
    this.#followed.set(resume.login_id, connection);
    this.#connections.put(connection);
    return connection;
  }
}

type Resume = Extract<ClientMessage, { type: "resume" }>;

function resumeOf(login_id: string, request: IncomingMessage): Omit<Resume, "last_seq" | "attempt"> {
  return { type: "resume", login_id, receive_key: String(request.headers["saoma-receive-key"]) };
}

function decodeClientMessage(text: string): ClientMessage {
  return JSON.parse(text);
}
