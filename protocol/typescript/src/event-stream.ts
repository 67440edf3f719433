/** The same login over HTTP requests and an event stream, for networks that block WebSocket. */
import { CloseCode, closeCodeOf } from "./close-codes.ts";
import { type ErrorMessage, decodeCloseHint, decodeProblem, decodeServerMessage } from "./decode.ts";
import { EventParser, type StreamEvent } from "./event-parser.ts";
import { PATHS, RECEIVE_KEY_HEADER, type OpenRequest, type ResumeRequest } from "./generated.ts";
import type { Command, FirstMessage, Listener, Transport } from "./transport.ts";

/** More than two of the gateway's pings, one in 25 s. */
const SILENCE_LIMIT_MS = 60_000;

/**
 * Opens a login or comes back to one. The stream is read by `fetch`, since `EventSource` cannot send the receive key
 * in a header, and an address is no place for a secret.
 */
export function openEventStream(gateway: string, first: FirstMessage, listener: Listener): Transport {
  const stream = new EventStream(gateway, listener);
  void stream.run(first);
  return stream;
}

/** A refusal by the gateway, already told as a message. */
class Refused extends Error {
  constructor(readonly code: number) {
    super(`refused: ${code}`);
  }
}

class EventStream implements Transport {
  readonly silenceLimit = SILENCE_LIMIT_MS;
  readonly #gateway: string;
  readonly #listener: Listener;
  readonly #stopping = new AbortController();
  #login: ResumeRequest | undefined;

  constructor(gateway: string, listener: Listener) {
    this.#gateway = gateway;
    this.#listener = listener;
  }

  send(command: Command): void {
    // The stream tells what comes of it; a request that is lost is asked again by the person.
    this.#command(command).catch(() => undefined);
  }

  close(): void {
    this.#stopping.abort();
  }

  async run(first: FirstMessage): Promise<void> {
    try {
      this.#login = first.type === "resume" ? first : await this.#open(first);
      await this.#follow(this.#login);
    } catch (error) {
      this.#closed(error instanceof Refused ? error.code : CloseCode.Broken);
    }
  }

  async #open(request: OpenRequest): Promise<ResumeRequest> {
    const answer = await fetch(this.#url(PATHS.logins), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
      signal: this.#stopping.signal,
    });
    const text = await answer.text();
    if (!answer.ok) throw this.#refused(decodeProblem(text));
    this.#listener.message(text);
    const decoded = decodeServerMessage(text);
    if (!("message" in decoded) || decoded.message.type !== "opened") throw new Refused(CloseCode.Refused);
    const { login_id, receive_key, seq } = decoded.message;
    return { login_id, receive_key, last_seq: seq };
  }

  async #follow({ login_id, receive_key, last_seq }: ResumeRequest): Promise<void> {
    const answer = await fetch(this.#url(PATHS.events, login_id), {
      headers: { [RECEIVE_KEY_HEADER]: receive_key, "last-event-id": String(last_seq) },
      cache: "no-store",
      signal: this.#stopping.signal,
    });
    if (!answer.ok || answer.body === null) throw this.#refused(decodeProblem(await answer.text()));
    this.#listener.opened();
    const parser = new EventParser();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return this.#closed(CloseCode.Broken);
      this.#listener.heard();
      for (const event of parser.push(value)) if (this.#hear(event)) return;
    }
  }

  /** Passes an event on; whether it was the last. */
  #hear({ name, data }: StreamEvent): boolean {
    if (name !== "close") {
      this.#listener.message(data);
      return false;
    }
    this.#closed(decodeCloseHint(data).code ?? CloseCode.Broken, data);
    return true;
  }

  async #command(command: Command): Promise<void> {
    if (this.#login === undefined) return;
    const { login_id, receive_key } = this.#login;
    const answer = await fetch(this.#url(PATHS[command.type], login_id), {
      method: "POST",
      headers: { [RECEIVE_KEY_HEADER]: receive_key },
      // A cancel is often the page's last word.
      keepalive: true,
    });
    if (!answer.ok) this.#refused(decodeProblem(await answer.text()));
  }

  /** Tells what the gateway said, as a socket would have told it. */
  #refused(problem: ErrorMessage): Refused {
    if (!this.#stopping.signal.aborted) this.#listener.message(JSON.stringify(problem));
    return new Refused(closeCodeOf(problem.error));
  }

  #closed(code: number, reason = ""): void {
    if (!this.#stopping.signal.aborted) this.#listener.closed(code, reason);
    this.#stopping.abort();
  }

  #url(path: string, loginId = ""): URL {
    return new URL(path.replace("{login_id}", loginId), this.#gateway);
  }
}
