/** A login that survives dropped connections, reloads, sleep, and networks that block some transports. */
import { decodeCloseHint, decodeServerMessage } from "./decode.ts";
import { openEventStream } from "./event-stream.ts";
import type { CancelReason, OpenRequest } from "./generated.ts";
import { type KnownBrowser, openOf } from "./known-browser.ts";
import { type LoginStorage, restoreLogin, storeLogin } from "./login-storage.ts";
import type { LoginState } from "./login-state.ts";
import { openLongPoll } from "./long-poll.ts";
import { type Presence, pagePresence } from "./presence.ts";
import {
  type Effect,
  type SupervisorEvent,
  type SupervisorState,
  initialSupervisor,
  supervise,
} from "./supervisor.ts";
import type { OpenTransport, Transport } from "./transport.ts";
import { openWebSocket } from "./websocket.ts";

/** Options of a {@link LoginConnection}. */
export interface LoginOptions {
  /** The gateway's origin, such as `https://login.example`. */
  readonly gateway: string;
  /** The login to open, as in an OpenID Connect authentication request. */
  readonly request: OpenRequest;
  /** Storage in which the login outlives a reload, as a rule `sessionStorage`; none by default. */
  readonly storage?: LoginStorage | undefined;
  /** Values by which the gateway recognises the browser; without them each person is asked at each login. */
  readonly known?: KnownBrowser | undefined;
  /** Visibility and network of the page; those of the document by default. */
  readonly presence?: Presence;
  /** Milliseconds to wait for an answer; for tests. */
  readonly patience?: number;
}

/** Transports in the order in which they are tried. */
const TRANSPORTS: readonly OpenTransport[] = [openWebSocket, openEventStream, openLongPoll];

/** Milliseconds that a gateway has to answer, and to report the end of a code. */
const PATIENCE_MS = 10_000;

/**
 * One browser's login at a gateway, and each that follows it on the same page. It connects as soon as it is created.
 *
 * This is the shell around the supervisor: it reads clock, page and sockets, and runs the effects.
 */
export class LoginConnection {
  readonly #options: LoginOptions;
  readonly #presence: Presence;
  readonly #listeners = new Set<(state: LoginState) => void>();
  readonly #closing = new AbortController();
  #supervisor: SupervisorState;
  #transport: Transport | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: LoginOptions) {
    this.#options = options;
    this.#presence = options.presence ?? pagePresence;
    this.#supervisor = initialSupervisor(options.patience ?? PATIENCE_MS);
    this.#presence.watch(() => this.#handle({ type: "presence_changed" }), this.#closing.signal);
    this.#handle({ type: "started", saved: restoreLogin(options.storage, options.request, Date.now()) });
  }

  /** The state to show now. */
  get state(): LoginState {
    return this.#supervisor.login;
  }

  /** Calls `listener` with the state now and after each change. Returns a function that ends the subscription. */
  subscribe(listener: (state: LoginState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.state);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Gets a new code: renews the one that waits, connects at once where a try is due later, and otherwise gives the login
   * up and opens a new one.
   */
  refresh(): void {
    this.#handle({ type: "refresh" });
  }

  /** Agrees to be logged in as the person of a `scanned` state with `mustAgree`. Without effect in any other state. */
  agree(): void {
    this.#handle({ type: "agree" });
  }

  /** Gives the login up: with the reason `not_me`, because another person has scanned the code. */
  cancel(reason?: CancelReason): void {
    this.#handle(reason ? { type: "cancel", reason } : { type: "cancel" });
  }

  /** Ends the connection and all subscriptions. The login itself waits at the gateway until its time limit. */
  close(): void {
    this.#closing.abort();
    this.#listeners.clear();
    this.#disconnect();
  }

  #handle(event: SupervisorEvent): void {
    if (this.#closing.signal.aborted) return;
    const before = this.state;
    const presence = this.#presence;
    const [after, effects] = supervise(this.#supervisor, {
      ...event,
      environment: { now: Date.now(), random: Math.random(), isVisible: presence.isVisible(), isOnline: presence.isOnline() },
    });
    this.#supervisor = after;
    effects.forEach((effect) => this.#run(effect));
    // Last, because a listener may close the connection or ask for a refresh.
    if (this.state !== before) for (const listener of this.#listeners) listener(this.state);
  }

  #run(effect: Effect): void {
    const { request, storage, known } = this.#options;
    switch (effect.type) {
      case "connect":
        return this.#connect(effect);
      case "disconnect":
        return this.#disconnect();
      case "send":
        return this.#transport?.send(effect.command);
      case "wake":
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#handle({ type: "timed_out" }), effect.after);
        return;
      case "store":
        return storeLogin(storage, request, effect.saved);
      case "keep_known":
        return known?.keep(effect.known, effect.isRenewal);
    }
  }

  #connect({ transport, resume }: Extract<Effect, { type: "connect" }>): void {
    const { gateway, request, known } = this.#options;
    const open = TRANSPORTS[transport % TRANSPORTS.length] ?? openWebSocket;
    this.#transport = open(gateway, resume ? { type: "resume", ...resume } : openOf(request, known), {
      heard: (silenceLimit) => this.#handle({ type: "heard", silenceLimit }),
      message: (text) => {
        const decoded = decodeServerMessage(text);
        // A message of a later version is ignored, and so is a malformed one: nothing in it can be acted on.
        if ("message" in decoded) this.#handle({ type: "message", message: decoded.message });
      },
      closed: (code, reason) =>
        this.#handle({ type: "closed", code, retryAfter: decodeCloseHint(reason).retry_after_ms ?? 0 }),
    });
  }

  #disconnect(): void {
    clearTimeout(this.#timer);
    this.#transport?.close();
    this.#transport = undefined;
  }
}
