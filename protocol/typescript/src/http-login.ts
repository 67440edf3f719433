/** The part that the event stream and the polls have in common: a login over HTTP requests. */
import { BROKEN, closeCodeOf } from "./close-codes.ts";
import { type ErrorMessage, decodeProblem, decodeServerMessage } from "./decode.ts";
import { PATHS, RECEIVE_KEY_HEADER, type OpenRequest, type ResumeRequest } from "./generated.ts";
import type { Command, FirstMessage, Listener, OpenTransport, Transport } from "./transport.ts";

/** Passes a login's messages on to the listener; the connection ends with it. */
export type Follow = (http: HttpLogin, login: ResumeRequest) => Promise<void>;

/** Returns the transport that opens a login by a POST, or resumes one, and then follows it. */
export function overHttp(follow: Follow): OpenTransport {
  return (gateway, first, listener) => {
    const http = new HttpLogin(gateway, listener);
    const end = () => http.closed(BROKEN);
    http.run(first, follow).then(end, end);
    return http;
  };
}

/** One connection: requests that end together. */
export class HttpLogin implements Transport {
  readonly #gateway: string;
  /** `undefined` once the connection is over. */
  #listener: Listener | undefined;
  readonly #abort = new AbortController();
  #login: ResumeRequest | undefined;

  constructor(gateway: string, listener: Listener) {
    this.#gateway = gateway;
    this.#listener = listener;
  }

  send(command: Command): void {
    // The result comes as a message. A request that is lost, the person repeats.
    this.#command(command).catch(() => undefined);
  }

  close(): void {
    this.#listener = undefined;
    this.#abort.abort();
  }

  /** Opens or resumes the login, and follows it to its end. */
  async run(first: FirstMessage, follow: Follow): Promise<void> {
    this.#login = first.type === "resume" ? first : await this.#open(first);
    if (this.#login) await follow(this, this.#login);
  }

  /**
   * Sends a request and returns its response.
   *
   * Throws if the gateway refuses the request, which closes the connection, or if the connection is closed already.
   */
  async ask(path: string, init?: RequestInit): Promise<Response> {
    const response = await this.#fetch(path, { ...init, cache: "no-store", signal: this.#abort.signal });
    if (response.ok) return response;
    const problem = await problemOf(response);
    // The reason why there is no code is shown. A login that is shown already is resumed without a word.
    if (!this.#login) this.message(JSON.stringify(problem));
    this.closed(closeCodeOf(problem.error), JSON.stringify({ retry_after_ms: (problem.retry_after ?? 0) * 1000 }));
    throw new Error(problem.error);
  }

  heard(silenceLimit: number): void {
    this.#listener?.heard(silenceLimit);
  }

  message(text: string): void {
    this.#listener?.message(text);
  }

  closed(code: number, reason = ""): void {
    this.#listener?.closed(code, reason);
    this.close();
  }

  async #open(request: OpenRequest): Promise<ResumeRequest | undefined> {
    const response = await this.ask(PATHS.logins, { method: "POST", ...jsonBody(request) });
    const text = await response.text();
    this.message(text);
    const decoded = decodeServerMessage(text);
    if (!("message" in decoded) || decoded.message.type !== "opened") return undefined;
    const { login_id, receive_key, seq } = decoded.message;
    return { login_id, receive_key, last_seq: seq, attempt: 1 };
  }

  async #command(command: Command): Promise<void> {
    const { type, ...members } = command;
    const body = Object.keys(members).length > 0 ? jsonBody(members) : {};
    // `keepalive`, because a cancel is often the page's last request.
    const response = await this.#fetch(PATHS[type], { method: "POST", keepalive: true, ...body });
    if (!response.ok) this.message(JSON.stringify(await problemOf(response)));
  }

  #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#login) headers.set(RECEIVE_KEY_HEADER, this.#login.receive_key);
    const url = new URL(path.replace("{login_id}", this.#login?.login_id ?? ""), this.#gateway);
    return fetch(url, { ...init, headers });
  }
}

function jsonBody(value: object): RequestInit {
  return { headers: { "content-type": "application/json" }, body: JSON.stringify(value) };
}

async function problemOf(response: Response): Promise<ErrorMessage> {
  return decodeProblem(await response.text(), response.headers.get("retry-after"));
}
