/**
 * A gateway whose every answer a test gives by hand, over real sockets and real HTTP.
 *
 * Each connection of a browser becomes a {@link Visit}, whichever transport brought it, so that a test reads the same
 * over both. It keeps no state: what a real gateway would repeat after a resume, the test sends.
 */
import { type IncomingMessage, type Server, type ServerResponse, createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import type { ClientMessage, Problem, ServerMessage } from "../src/generated.ts";

/** One connection of a browser. */
export interface Visit {
  readonly transport: "websocket" | "event stream";
  /** The message with which it came. */
  readonly first: ClientMessage;
  /** The next command of the browser. */
  command(): Promise<ClientMessage>;
  send(...messages: readonly (ServerMessage | { readonly type: string })[]): void;
  /** Ends it with a close code. */
  close(code: number, reason?: string): void;
  /** Ends it as a broken network does. */
  drop(): void;
}

/** Values that are awaited in the order in which they come. */
class Queue<T> {
  readonly #values: T[] = [];
  readonly #takers: ((value: T) => void)[] = [];

  put(value: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#values.push(value);
    else taker(value);
  }

  take(): Promise<T> {
    const value = this.#values.shift();
    return value === undefined ? new Promise((taker) => this.#takers.push(taker)) : Promise.resolve(value);
  }

  get waiting(): number {
    return this.#values.length;
  }
}

/** Answers requests that are none of the protocol's; whether it did. */
export type ServePage = (request: IncomingMessage, response: ServerResponse) => boolean;

/** The gateway. */
export class ScriptedGateway {
  /** Whether WebSocket handshakes fail, as behind a proxy that blocks them. */
  blocksWebSocket = false;
  /** The problem with which the next opens over HTTP are refused. */
  problem: Problem | undefined;
  /** Handshakes that were blocked so far. */
  blockedHandshakes = 0;
  readonly #visits = new Queue<Visit>();
  readonly #streams = new Map<string, StreamVisit>();
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #server: Server;
  readonly #servePage: ServePage;

  private constructor(servePage: ServePage) {
    this.#servePage = servePage;
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on("upgrade", (request, socket, head) => {
      if (this.blocksWebSocket) {
        this.blockedHandshakes += 1;
        socket.end("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (accepted) => this.#accept(accepted));
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

  /** The next connection. */
  visit(): Promise<Visit> {
    return this.#visits.take();
  }

  /** Connections that nobody has asked for. */
  get unexpectedVisits(): number {
    return this.#visits.waiting;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.closeAllConnections();
    await new Promise((closed) => this.#server.close(closed));
  }

  #accept(socket: WebSocket): void {
    const messages = new Queue<ClientMessage>();
    socket.on("message", (data) => messages.put(decodeClientMessage(String(data))));
    void messages.take().then((first) =>
      this.#visits.put({
        transport: "websocket",
        first,
        command: () => messages.take(),
        send: (...sent) => sent.forEach((message) => socket.send(JSON.stringify(message))),
        close: (code, reason) => socket.close(code, reason),
        drop: () => socket.terminate(),
      }),
    );
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, loginId = "", action] = /^\/v1\/logins(?:\/([^/]+)\/(\w+))?$/.exec(request.url ?? "") ?? [, undefined];
    const isOpen = request.url === "/v1/logins";
    if (!isOpen && action === undefined) {
      if (!this.#servePage(request, response)) response.writeHead(404).end();
    } else if (this.problem !== undefined && (isOpen || action === "events")) {
      response.writeHead(this.problem.status, { "content-type": "application/problem+json" });
      response.end(JSON.stringify(this.problem));
    } else if (isOpen) {
      this.#visits.put(await this.#opened(request, response));
    } else if (action === "events") {
      this.#follow(loginId, request, response);
    } else {
      this.#streams.get(loginId)?.commands.put(decodeClientMessage(JSON.stringify({ type: action })));
      response.writeHead(204).end();
    }
  }

  async #opened(request: IncomingMessage, response: ServerResponse): Promise<Visit> {
    const pieces = await request.toArray();
    const first = decodeClientMessage(JSON.stringify({ ...JSON.parse(pieces.join("")), type: "open" }));
    return new StreamVisit(first, (visit, message) => {
      if (message.type === "opened" && "login_id" in message) this.#streams.set(message.login_id, visit);
      response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(message));
    });
  }

  /** The stream of a login that has just been opened belongs to that visit; a later one is a visit of its own. */
  #follow(loginId: string, request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    const opened = this.#streams.get(loginId);
    if (opened !== undefined && !opened.isFollowed) return opened.follow(response);
    const resumed = new StreamVisit({
      type: "resume",
      login_id: loginId,
      receive_key: String(request.headers["saoma-receive-key"]),
      last_seq: Number(request.headers["last-event-id"]),
    });
    this.#streams.set(loginId, resumed);
    resumed.follow(response);
    this.#visits.put(resumed);
  }
}

class StreamVisit implements Visit {
  readonly transport = "event stream";
  readonly commands = new Queue<ClientMessage>();
  isFollowed = false;
  readonly #stream: Promise<ServerResponse>;
  #resolve: (stream: ServerResponse) => void = () => undefined;

  constructor(
    readonly first: ClientMessage,
    private answerOpen?: (visit: StreamVisit, message: ServerMessage | { readonly type: string }) => void,
  ) {
    this.#stream = new Promise((resolve) => (this.#resolve = resolve));
  }

  follow(stream: ServerResponse): void {
    this.isFollowed = true;
    this.#resolve(stream);
  }

  command(): Promise<ClientMessage> {
    return this.commands.take();
  }

  send(...messages: readonly (ServerMessage | { readonly type: string })[]): void {
    for (const message of messages) {
      const answer = this.answerOpen;
      delete this.answerOpen;
      if (answer !== undefined) answer(this, message);
      else this.#write(`${"seq" in message ? `id: ${String(message.seq)}\n` : ""}data: ${JSON.stringify(message)}\n\n`);
    }
  }

  close(code: number, reason = "{}"): void {
    const data = JSON.stringify({ ...JSON.parse(reason), code });
    void this.#stream.then((stream) => stream.end(`event: close\ndata: ${data}\n\n`));
  }

  drop(): void {
    void this.#stream.then((stream) => stream.destroy());
  }

  #write(text: string): void {
    void this.#stream.then((stream) => stream.write(text));
  }
}

function decodeClientMessage(text: string): ClientMessage {
  return JSON.parse(text);
}
