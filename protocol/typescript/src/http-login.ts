/** A login over HTTP requests: what the event stream and the polls have in common. */
import { CloseCode, closeCodeOf } from "./close-codes.ts";
import { type ErrorMessage, decodeProblem, decodeServerMessage } from "./decode.ts";
import { PATHS, RECEIVE_KEY_HEADER, type OpenRequest, type ResumeRequest } from "./generated.ts";
import type { Command, FirstMessage, Listener, OpenTransport, Transport } from "./transport.ts";

/** Passes on what the gateway tells of a login; the connection is over when it ends. */
export type Follow = (http: HttpLogin, login: ResumeRequest) => Promise<void>;

/** The transport that opens a login by a POST, or comes back to one, and then follows it. */
export function overHttp(follow: Follow, silenceLimit: number): OpenTransport {
  return (gateway, first, listener) => {
    const http = new HttpLogin(gateway, listener, silenceLimit);
    const end = () => http.closed(CloseCode.Broken);
    http.run(first, follow).then(end, end);
    return http;
  };
}

/** One connection: requests that end together. */
export class HttpLogin implements Transport {
  readonly silenceLimit: number;
  readonly #gateway: string;
  /** Nobody once the connection is over. */
  #listener: Listener | undefined;
  readonly #stopping = new AbortController();
  #login: ResumeRequest | undefined;

  constructor(gateway: string, listener: Listener, silenceLimit: number) {
    this.#gateway = gateway;
    this.#listener = listener;
    this.silenceLimit = silenceLimit;
  }

  send(command: Command): void {
    // What comes of it is told by a message; a request that is lost is asked again by the person.
    this.#command(command).catch(() => undefined);
  }

  close(): void {
    this.#listener = undefined;
    this.#stopping.abort();
  }

  async run(first: FirstMessage, follow: Follow): Promise<void> {
    this.#login = first.type === "resume" ? first : await this.#open(first);
    if (this.#login !== undefined) await follow(this, this.#login);
  }

  /** Sends a request and gives the answer. One that refuses ends the connection, and is thrown. */
  async ask(path: string, init?: RequestInit): Promise<Response> {
    const answer = await this.#fetch(path, { ...init, cache: "no-store", signal: this.#stopping.signal });
    if (answer.ok) return answer;
    const problem = await problemOf(answer);
    // Why there is no code is shown. A login that is shown already is come back to without a word.
    if (this.#login === undefined) this.message(JSON.stringify(problem));
    this.closed(closeCodeOf(problem.error), JSON.stringify({ retry_after_ms: (problem.retry_after ?? 0) * 1000 }));
    throw new Error(problem.error);
  }

  /** Whether nothing is told any more. */
  get isOver(): boolean {
    return this.#listener === undefined;
  }

  heard(): void {
    this.#listener?.heard();
  }

  message(text: string): void {
    this.#listener?.message(text);
  }

  closed(code: number, reason = ""): void {
    this.#listener?.closed(code, reason);
    this.close();
  }

  async #open(request: OpenRequest): Promise<ResumeRequest | undefined> {
    const headers = { "content-type": "application/json" };
    const answer = await this.ask(PATHS.logins, { method: "POST", headers, body: JSON.stringify(request) });
    const text = await answer.text();
    this.message(text);
    const decoded = decodeServerMessage(text);
    if (!("message" in decoded) || decoded.message.type !== "opened") return undefined;
    const { login_id, receive_key, seq } = decoded.message;
    return { login_id, receive_key, last_seq: seq, attempt: 1 };
  }

  async #command(command: Command): Promise<void> {
    // A cancel is often the page's last word.
    const answer = await this.#fetch(PATHS[command.type], { method: "POST", keepalive: true });
    if (!answer.ok) this.message(JSON.stringify(await problemOf(answer)));
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#login !== undefined) headers.set(RECEIVE_KEY_HEADER, this.#login.receive_key);
    const url = new URL(path.replace("{login_id}", this.#login?.login_id ?? ""), this.#gateway);
    return fetch(url, { ...init, headers });
  }
}

async function problemOf(answer: Response): Promise<ErrorMessage> {
  return decodeProblem(await answer.text(), answer.headers.get("retry-after"));
}
