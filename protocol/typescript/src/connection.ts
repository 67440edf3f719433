/** A login that stays: over dropped connections, a reload of the page, sleep, and networks that block WebSocket. */
import { LoginMemory, type LoginStorage } from "./login-memory.ts";
import { type LoginEvent, type LoginState, INITIAL_STATE, isSettled, nextState } from "./login-state.ts";
import { CloseCode, comeBackAfter } from "./close-codes.ts";
import type { Command, FirstMessage, OpenTransport, Transport } from "./transport.ts";
import { type Presence, pagePresence } from "./presence.ts";
import { decodeCloseHint, decodeServerMessage } from "./decode.ts";
import type { OpenRequest } from "./generated.ts";
import { LONGEST_BOUND_MS, backOff } from "./backoff.ts";
import { openEventStream } from "./event-stream.ts";
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
const TRANSPORTS: readonly OpenTransport[] = [openWebSocket, openEventStream];

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
  /** Which of `TRANSPORTS`, and whether it has ever reached the gateway. */
  #way = { index: 0, failed: 0, works: false };
  /** Lost connections in a row that brought no news. */
  #losses = 0;
  /** When the gateway wants to be asked again, in Unix milliseconds. */
  #notBefore = 0;
  /** Whether the transport has reached the gateway. */
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
    const open = TRANSPORTS[this.#way.index] ?? openWebSocket;
    this.#transport = open(this.#options.gateway, this.#firstMessage(), {
      opened: () => this.#opened(),
      heard: () => this.#watchSilence(),
      message: (text) => this.#hear(text),
      closed: (code, reason) => this.#lost(code, reason),
    });
    this.#watchFor(this.#patience());
  }

  #firstMessage(): FirstMessage {
    const login = this.#memory.login;
    return login === undefined ? { type: "open", ...this.#options.request } : { type: "resume", ...login };
  }

  #opened(): void {
    this.#isOpen = true;
    this.#way = { ...this.#way, failed: 0, works: true };
    this.#happen({ type: "connected" });
    if (this.#pending !== undefined) this.#transport?.send(this.#pending);
    this.#pending = undefined;
    this.#watchSilence();
  }

  #hear(text: string): void {
    const decoded = decodeServerMessage(text);
    this.#watchSilence();
    // A later version's messages are passed over; one that is broken tells nothing that could be acted on.
    if (!("message" in decoded) || !this.#memory.isNews(decoded.message)) return;
    const { message } = decoded;
    if ("seq" in message) {
      this.#losses = 0;
      this.#isRestored = false;
    }
    const now = Date.now();
    if (message.type === "error" && message.retry_after !== undefined) {
      this.#notBefore = now + message.retry_after * 1000;
    }
    const state = nextState(this.#state, { type: "message", message, now });
    this.#memory.note(message, state);
    if (isSettled(state)) this.#memory.forget();
    this.#show(state);
    this.#watchSilence();
  }

  #lost(code: number, reason: string): void {
    this.#disconnect();
    if (isSettled(this.#state)) return;
    if (!this.#way.works) this.#countFailure();
    // What was kept from before a reload is over: the person wants a code, not news of it.
    if (code === CloseCode.UnknownLogin && this.#isRestored) return this.#restart();
    if (comeBackAfter(code) === "no") return this.#giveUp(code);
    const wait = this.#waitBeforeReturn(code, reason);
    this.#losses += 1;
    if (wait > 0) this.#happen({ type: "disconnected" });
    this.#reconnecting = setTimeout(() => this.#connect(), wait);
  }

  #countFailure(): void {
    const failed = this.#way.failed + 1;
    const isNext = failed >= TRIES_PER_TRANSPORT;
    const index = isNext ? (this.#way.index + 1) % TRANSPORTS.length : this.#way.index;
    this.#way = { index, failed: isNext ? 0 : failed, works: false };
  }

  #giveUp(code: number): void {
    this.#memory.forget();
    this.#happen({ type: "closed", code });
  }

  #waitBeforeReturn(code: number, reason: string): number {
    const asked = this.#notBefore - Date.now();
    if (asked > 0) return asked;
    const rule = comeBackAfter(code);
    const hint = rule === "after_hint" ? decodeCloseHint(reason).retry_after_ms : undefined;
    if (hint !== undefined) return hint;
    if (!this.#presence.isOnline()) return LONGEST_BOUND_MS;
    // A gateway that sends everyone on, time and again, must not be asked without pause.
    return rule === "at_once" && this.#losses === 0 ? 0 : backOff(this.#losses);
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
    if (this.#presence.isVisible() && this.#presence.isOnline() && this.#notBefore <= Date.now()) this.#connectNow();
  }

  #patience(): number {
    return this.#options.patience ?? PATIENCE_MS;
  }

  /** Expects the next sign of life: by the transport's pings, and by the end of what is shown, which is always told. */
  #watchSilence(): void {
    if (isSettled(this.#state) || this.#transport === undefined) return clearTimeout(this.#silence);
    const untilEnd = "expiresAt" in this.#state ? Math.max(0, this.#state.expiresAt - Date.now()) : 0;
    this.#watchFor(Math.min(untilEnd + this.#patience(), this.#transport.silenceLimit ?? Infinity));
  }

  #watchFor(milliseconds: number): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(CloseCode.Broken, ""), milliseconds);
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
