/** Connections of browsers to a scripted gateway, over each transport. */
import type { ServerResponse } from "node:http";
import type { ClientMessage, CloseNotice, ServerMessage } from "../src/generated.ts";

/** A message of this version or a later one. */
export type AnyMessage = ServerMessage | { readonly type: string; readonly seq?: number };

/** One connection of a browser. */
export interface BrowserConnection {
  readonly transport: "websocket" | "event stream" | "long poll";
  /** The first message. */
  readonly first: ClientMessage;
  /** Resolves once the browser receives messages: over HTTP that is after the open. */
  readonly followed: Promise<void>;
  /** Resolves once the browser has closed it. */
  readonly left: Promise<void>;
  /** Returns the next command of the browser. */
  command(): Promise<ClientMessage>;
  send(...messages: readonly AnyMessage[]): void;
  /** Closes it with a code. */
  close(code: number, reason?: string): void;
  /** Breaks it, as a network does. */
  drop(): void;
}

/** A queue of values that can be awaited. */
export class Queue<T> {
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

/** The part of a connection over HTTP that follows the open. */
interface Outlet {
  readonly transport: BrowserConnection["transport"];
  readonly left: Promise<void>;
  send(message: AnyMessage): void;
  close(notice: CloseNotice): void;
  drop(): void;
}

/** An event stream. */
export class StreamOutlet implements Outlet {
  readonly transport = "event stream";
  readonly left: Promise<void>;
  readonly #response: ServerResponse;

  constructor(response: ServerResponse) {
    this.#response = response;
    this.left = new Promise((left) => response.once("close", left));
    response.write(": open\n\n");
  }

  send(message: AnyMessage): void {
    this.#response.write(`${"seq" in message ? `id: ${message.seq}\n` : ""}data: ${JSON.stringify(message)}\n\n`);
  }

  close(notice: CloseNotice): void {
    this.#response.end(`event: close\ndata: ${JSON.stringify(notice)}\n\n`);
  }

  drop(): void {
    this.#response.destroy();
  }
}

/** Long polls. The last one is held until there is a message. */
export class PollOutlet implements Outlet {
  readonly transport = "long poll";
  readonly left: Promise<void>;
  #messages: AnyMessage[] = [];
  #close: CloseNotice | undefined;
  #isBroken = false;
  #held: ServerResponse | undefined;
  #leave: () => void = () => undefined;

  constructor() {
    this.left = new Promise((left) => (this.#leave = left));
  }

  poll(response: ServerResponse, wait: number): void {
    this.#held = response;
    response.once("close", () => response.writableFinished || this.#leave());
    if (this.#isBroken) this.drop();
    else if (wait === 0 || this.#messages.length > 0 || this.#close !== undefined) this.#answer();
  }

  send(message: AnyMessage): void {
    this.#messages.push(message);
    // After this turn, so that messages sent together arrive in one answer.
    setImmediate(() => this.#answer());
  }

  close(notice: CloseNotice): void {
    this.#close = notice;
    setImmediate(() => this.#answer());
  }

  /** Begins an answer and breaks off. */
  drop(): void {
    this.#isBroken = true;
    this.#held?.writeHead(200, { "content-length": 99 }).write('{"messages":[', () => this.#held?.destroy());
  }

  #answer(): void {
    this.#held?.writeHead(200, { "content-type": "application/json" });
    this.#held?.end(JSON.stringify({ messages: this.#messages, close: this.#close }));
    if (this.#held !== undefined) this.#messages = [];
    this.#held = undefined;
  }
}

/** A connection over HTTP: a POST that opens a login, or none, and then a stream or polls. */
export class HttpConnection implements BrowserConnection {
  readonly commands = new Queue<ClientMessage>();
  readonly followed: Promise<void>;
  readonly left: Promise<void>;
  outlet: Outlet | undefined;
  readonly #following: Promise<Outlet>;
  #follow: (outlet: Outlet) => void = () => undefined;

  constructor(
    readonly first: ClientMessage,
    private answerOpen?: (connection: HttpConnection, message: AnyMessage) => void,
  ) {
    this.#following = new Promise((follow) => (this.#follow = follow));
    this.followed = this.#following.then(() => undefined);
    this.left = this.#following.then((outlet) => outlet.left);
  }

  get transport(): BrowserConnection["transport"] {
    if (this.outlet === undefined) throw new Error("the browser does not follow yet");
    return this.outlet.transport;
  }

  follow(outlet: Outlet): void {
    this.outlet = outlet;
    this.#follow(outlet);
  }

  command(): Promise<ClientMessage> {
    return this.commands.take();
  }

  send(...messages: readonly AnyMessage[]): void {
    for (const message of messages) {
      const answer = this.answerOpen;
      delete this.answerOpen;
      if (answer !== undefined) answer(this, message);
      else void this.#following.then((outlet) => outlet.send(message));
    }
  }

  close(code: number, reason = "{}"): void {
    void this.#following.then((outlet) => outlet.close({ ...JSON.parse(reason), code }));
  }

  drop(): void {
    void this.#following.then((outlet) => outlet.drop());
  }
}
