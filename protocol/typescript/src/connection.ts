/** A login that stays: over dropped connections, a reload of the page, sleep, and networks that let only some ways through. */
import { LoginMemory, type LoginStorage } from "./login-memory.ts";
import { type LoginEvent, type LoginState, INITIAL_STATE, isSettled, nextState } from "./login-state.ts";
import { CloseCode, comeBackAfter } from "./close-codes.ts";
import type { Command, FirstMessage, OpenTransport, Transport } from "./transport.ts";
import { type Presence, pagePresence } from "./presence.ts";
import { decodeCloseHint, decodeServerMessage } from "./decode.ts";
import type { OpenRequest } from "./generated.ts";
import { LONGEST_BOUND_MS, backOff } from "./backoff.ts";
import { openEventStream } from "./event-stream.ts";
import { openLongPoll } from "./long-poll.ts";
import { openWebSocket } from "./websocket.ts";

/** What a login needs. */
export interface LoginOptions {
  /** The gateway's origin, such as `https://login.example`. */
  readonly gateway: string;
  /** What to open, as in an OpenID Connect authentication request. */
  readonly request: OpenRequest;
  /** Where the login outlives a reload, as a rule `sessionStorage`; nowhere by default. */
  readonly storage?: LoginStorage;
  /** Whether to connect now; by the page's visibility and network by default. */
  readonly presence?: Presence;
  /** How long to wait for an answer; for tests. */
  readonly patience?: number;
}

/** The ways to a gateway, in the order in which they are tried. */
const TRANSPORTS: readonly OpenTransport[] = [openWebSocket, openEventStream, openLongPoll];

/** Tries in a row that fail before the gateway is reached even once, after which the next way is tried. */
const TRIES_PER_TRANSPORT = 2;

/** Milliseconds that a gateway has to answer, and to tell what became of a code whose time is up. */
const PATIENCE_MS = 10_000;

/** One browser's login at a gateway, and each that follows it on the same page. It connects as soon as it is made. */
export class LoginConnection {
  readonly #options: LoginOptions;
  readonly #memory: LoginMemory;
  readonly #presence: Presence;
  readonly #listeners = new Set<(state: LoginState) => void>();
  readonly #ending = new AbortController();
  #state: LoginState = INITIAL_STATE;
  #transport: Transport | undefined;
  /** Which of `TRANSPORTS`. */
  #way = 0;
  /** Whether this way has ever reached the gateway. */
  #wayWorks = false;
  /** Tries in a row by which it has not. */
  #failures = 0;
  /** Lost connections in a row that brought no news. */
  #losses = 0;
  /** When the gateway wants to be asked again, in Unix milliseconds. */
  #notBefore = 0;
  /** How long the gateway may be silent, and when it has been for too long, in Unix milliseconds. */
  #silenceLimit = 0;
  #silentAt = 0;
  /** Whether the gateway has been heard of on this connection. */
  #isOpen = false;
  /** Whether what is known of the login comes from before a reload. */
  #isRestored = false;
  /** What the person wanted while there was no connection. */
  #pending: Command | undefined;
  #reconnecting: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#presence = options.presence ?? pagePresence;
    this.#memory = new LoginMemory(options.request, options.storage);
    const shown = this.#memory.restore(Date.now());
    this.#isRestored = shown !== undefined;
    if (shown !== undefined) this.#happen({ type: "restored", shown });
    this.#presence.watch(() => this.#onPresence(), this.#ending.signal);
    this.#connect();
  }

  /** What to show now. */
  get state(): LoginState {
    return this.#state;
  }

  /** Calls `listener` with the state now and after each change; the returned function ends that. */
  subscribe(listener: (state: LoginState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Gets a new code: renews the one that waits, asks at once where a try is due later, and otherwise gives up what
   * there is and opens a new login.
   */
  refresh(): void {
    if (this.#state.name === "waiting") return this.#command({ type: "refresh" });
    if (this.#state.name === "loading" || this.#state.name === "delayed") return this.#connectNow();
    if (this.#state.name === "scanned") this.#transport?.send({ type: "cancel" });
    this.#restart();
  }

  /** Gives the login up. */
  cancel(): void {
    if (!isSettled(this.#state)) this.#command({ type: "cancel" });
  }

  /** Ends the connection; nothing is told after this. The login itself waits until its time is up. */
  close(): void {
    this.#ending.abort();
    this.#listeners.clear();
    this.#disconnect();
  }

  #restart(): void {
    this.#memory.forget();
    this.#isRestored = false;
    this.#losses = 0;
    this.#pending = undefined;
    this.#disconnect();
    this.#happen({ type: "restarted" });
    this.#connect();
  }

  #connect(): void {
    this.#reconnecting = undefined;
    if (!this.#presence.isVisible()) return this.#happen({ type: "disconnected" });
    this.#happen({ type: "connecting" });
    this.#notBefore = 0;
    const open = TRANSPORTS[this.#way] ?? openWebSocket;
    this.#transport = open(this.#options.gateway, this.#firstMessage(), {
      heard: () => this.#heard(),
      message: (text) => this.#hear(text),
      closed: (code, reason) => this.#lost(code, reason),
    });
    this.#silenceLimit = this.#transport.silenceLimit;
    this.#watchSilence();
  }

  #firstMessage(): FirstMessage {
    const login = this.#memory.nextAttempt();
    return login === undefined ? { type: "open", ...this.#options.request } : { type: "resume", ...login };
  }

  #heard(): void {
    this.#isOpen = this.#wayWorks = true;
    this.#happen({ type: "connected" });
    if (this.#pending !== undefined) this.#transport?.send(this.#pending);
    this.#pending = undefined;
    this.#watchSilence();
  }

  #hear(text: string): void {
    const decoded = decodeServerMessage(text);
    // A later version's messages are passed over; one that is broken tells nothing that could be acted on.
    if (!("message" in decoded) || !this.#memory.isNews(decoded.message)) return;
    const { message } = decoded;
    if ("seq" in message) {
      this.#losses = 0;
      this.#isRestored = false;
    }
    const now = Date.now();
    if (message.type === "heartbeat") this.#silenceLimit = message.next_within * 1000 + this.#patience;
    if (message.type === "error") this.#holdBack((message.retry_after ?? 0) * 1000);
    const state = nextState(this.#state, { type: "message", message, now });
    this.#memory.note(message, state);
    if (isSettled(state)) {
      this.#memory.forget();
      this.#disconnect();
    }
    this.#show(state);
    this.#watchSilence();
  }

  #lost(code: number, reason: string): void {
    this.#disconnect();
    if (isSettled(this.#state)) return;
    if (!this.#wayWorks) this.#countFailure();
    // What was kept from before a reload is over: the person wants a code, not news of it.
    if (code === CloseCode.UnknownLogin && this.#isRestored) return this.#restart();
    if (comeBackAfter(code) === "no") return this.#giveUp(code);
    this.#holdBack(decodeCloseHint(reason).retry_after_ms ?? 0);
    const wait = this.#waitBeforeReturn(code);
    this.#losses += 1;
    if (wait > 0) this.#happen({ type: "disconnected" });
    this.#reconnecting = setTimeout(() => this.#connect(), wait);
  }

  #countFailure(): void {
    this.#failures += 1;
    if (this.#failures < TRIES_PER_TRANSPORT) return;
    this.#failures = 0;
    this.#way = (this.#way + 1) % TRANSPORTS.length;
  }

  #giveUp(code: number): void {
    this.#memory.forget();
    this.#happen({ type: "closed", code });
  }

  /** The gateway is not asked again for so long. */
  #holdBack(milliseconds: number): void {
    this.#notBefore = Math.max(this.#notBefore, Date.now() + milliseconds);
  }

  #waitBeforeReturn(code: number): number {
    const asked = this.#notBefore - Date.now();
    if (asked > 0) return asked;
    if (!this.#presence.isOnline()) return LONGEST_BOUND_MS;
    // A gateway that sends everyone on, time and again, must not be asked without pause.
    return comeBackAfter(code) === "at_once" && this.#losses === 0 ? 0 : backOff(this.#losses);
  }

  #command(command: Command): void {
    if (this.#isOpen) return this.#transport?.send(command);
    this.#pending = command;
    this.#connectNow();
  }

  /** There is no reason to wait any longer. */
  #connectNow(): void {
    if (this.#transport !== undefined || isSettled(this.#state)) return;
    clearTimeout(this.#reconnecting);
    this.#connect();
  }

  #onPresence(): void {
    if (!this.#presence.isVisible() || !this.#presence.isOnline() || this.#notBefore > Date.now()) return;
    // Timers stand still while a device sleeps.
    if (this.#transport !== undefined && this.#silentAt < Date.now()) return this.#fallSilent();
    this.#connectNow();
  }

  /**
   * Expects the next sign of life: the first of a connection soon, the others by the transport's own measure, and by the
   * end of what is shown, which is always told.
   */
  #watchSilence(): void {
    clearTimeout(this.#silence);
    if (this.#transport === undefined) return;
    const untilEnd = "expiresAt" in this.#state ? Math.max(0, this.#state.expiresAt - Date.now()) : 0;
    const limit = this.#isOpen ? Math.min(untilEnd + this.#patience, this.#silenceLimit) : this.#patience;
    this.#silentAt = Date.now() + limit;
    this.#silence = setTimeout(() => this.#fallSilent(), limit);
  }

  /** A way by which nothing at all came for so long is not tried twice. */
  #fallSilent(): void {
    if (!this.#isOpen) this.#failures = TRIES_PER_TRANSPORT;
    this.#lost(CloseCode.Broken, "");
  }

  get #patience(): number {
    return this.#options.patience ?? PATIENCE_MS;
  }

  #disconnect(): void {
    clearTimeout(this.#reconnecting);
    clearTimeout(this.#silence);
    this.#transport?.close();
    this.#transport = undefined;
    this.#isOpen = false;
  }

  #happen(event: LoginEvent): void {
    this.#show(nextState(this.#state, event));
  }

  #show(state: LoginState): void {
    if (state === this.#state) return;
    this.#state = state;
    for (const listener of this.#listeners) listener(state);
  }
}
