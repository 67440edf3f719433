/** The connections of browsers to a scripted gateway, whichever transport brought them. */
import type { ServerResponse } from "node:http";
import type { ClientMessage, CloseNotice, ServerMessage } from "../src/generated.ts";

/** A message of this version or a later one. */
export type AnyMessage = ServerMessage | { readonly type: string; readonly seq?: number };

/** One connection of a browser. */
export interface Visit {
  readonly transport: "websocket" | "event stream" | "long poll";
  /** The message with which it came. */
  readonly first: ClientMessage;
  /** Once the browser can be told something: over HTTP that is after the open. */
  readonly followed: Promise<void>;
  /** Once the browser has gone. */
  readonly left: Promise<void>;
  /** The next command of the browser. */
  command(): Promise<ClientMessage>;
  send(...messages: readonly AnyMessage[]): void;
  /** Ends it with a close code. */
  close(code: number, reason?: string): void;
  /** Ends it as a broken network does. */
  drop(): void;
}

/** Values that are awaited in the order in which they come. */
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

/** What goes to a browser over HTTP after the open. */
interface Outlet {
  readonly transport: Visit["transport"];
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

/** Polls, of which the last is held until there is something to tell. */
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
    // What is sent together goes together.
    setImmediate(() => this.#answer());
  }

  close(notice: CloseNotice): void {
    this.#close = notice;
    setImmediate(() => this.#answer());
  }

  /** The answer begins, and breaks off. */
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

/** A visit over HTTP: opened by a POST or not, then followed. */
export class HttpVisit implements Visit {
  readonly commands = new Queue<ClientMessage>();
  readonly followed: Promise<void>;
  readonly left: Promise<void>;
  outlet: Outlet | undefined;
  readonly #following: Promise<Outlet>;
  #follow: (outlet: Outlet) => void = () => undefined;

  constructor(
    readonly first: ClientMessage,
    private answerOpen?: (visit: HttpVisit, message: AnyMessage) => void,
  ) {
    this.#following = new Promise((follow) => (this.#follow = follow));
    this.followed = this.#following.then(() => undefined);
    this.left = this.#following.then((outlet) => outlet.left);
  }

  get transport(): Visit["transport"] {
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
