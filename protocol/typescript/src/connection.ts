/** A login that stays: over dropped connections, a reload of the page, sleep, and networks that block WebSocket. */
import { backOff, comeBackAfter } from "./close-codes.ts";
import { decodeRestartHint, decodeServerMessage } from "./decode.ts";
import type { ClientMessage, OpenRequest, ServerMessage } from "./generated.ts";
import { type LoginView, afterMessage, initialView, isSettled, whileReconnecting } from "./login-view.ts";
import { type Resumable, type Transport, openEventStream, openSocket } from "./transport.ts";

/** What a login needs. */
export interface ConnectionOptions {
  /** The gateway's origin. */
  readonly gateway: string;
  /** What to open, as in an OpenID Connect authentication request. */
  readonly request: OpenRequest;
  /** Hears of each new view. */
  readonly onView: (view: LoginView) => void;
  /** Where a login outlives a reload; none by default. */
  readonly storage?: Pick<Storage, "getItem" | "setItem" | "removeItem">;
}

/** Handshakes that may fail in a row before the event stream is tried. */
const SOCKET_TRIES = 2;

const STORAGE_KEY = "saoma.login";

/** One login. A new code after the end of one is a new `LoginConnection`. */
export class LoginConnection {
  readonly #options: ConnectionOptions;
  #view: LoginView = initialView;
  #transport: Transport | undefined;
  #login: Resumable | undefined;
  #opening: ServerMessage | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #tries = 0;
  #failedHandshakes = 0;
  #closed = false;
  readonly #wake = () => this.#comeBackNow();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#restore();
    globalThis.addEventListener?.("online", this.#wake);
    globalThis.document?.addEventListener("visibilitychange", this.#wake);
    this.#connect();
  }

  get view(): LoginView {
    return this.#view;
  }

  /** Asks for a new code now. */
  refresh(): void {
    this.#transport?.send({ type: "refresh" });
  }

  /** Gives the login up. */
  cancel(): void {
    this.#transport?.send({ type: "cancel" });
  }

  /** Ends the connection; nothing is heard after this. The login itself waits on until its time is up. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    globalThis.removeEventListener?.("online", this.#wake);
    globalThis.document?.removeEventListener("visibilitychange", this.#wake);
    this.#transport?.close();
  }

  #connect(): void {
    this.#timer = undefined;
    const first: ClientMessage =
      this.#login === undefined
        ? { type: "open", ...this.#options.request }
        : {
            type: "resume",
            login_id: this.#login.loginId,
            receive_key: this.#login.receiveKey,
            last_seq: this.#login.lastSeq,
          };
    const open = this.#failedHandshakes < SOCKET_TRIES ? openSocket : openEventStream;
    this.#transport = open(this.#options.gateway, first, {
      message: (text) => this.#hear(text),
      closed: (code, reason, opened) => this.#lost(code, reason, opened),
    });
  }

  #hear(text: string): void {
    const message = decodeServerMessage(text);
    if (message === undefined || this.#closed) return;
    this.#tries = 0;
    if ("seq" in message) {
      if (this.#login !== undefined && message.seq <= this.#login.lastSeq) return;
      this.#remember(message);
    }
    this.#show(afterMessage(this.#view, message, Date.now()));
    if (isSettled(this.#view)) this.#forget();
  }

  #lost(code: number, reason: string, opened: boolean): void {
    this.#transport = undefined;
    if (this.#closed || isSettled(this.#view)) return;
    this.#failedHandshakes = opened ? 0 : this.#failedHandshakes + 1;
    const rule = comeBackAfter(code);
    if (rule === "no") return this.#giveUp(code);
    this.#show(whileReconnecting(this.#view, true));
    const hint = rule === "after_hint" ? decodeRestartHint(reason) : undefined;
    const wait = rule === "at_once" ? 0 : (hint ?? backOff(this.#tries));
    this.#tries += 1;
    this.#timer = setTimeout(() => this.#connect(), wait);
  }

  #giveUp(code: number): void {
    this.#forget();
    if (code === 4001 && this.#login !== undefined && this.#view.state === "loading") {
      // What was kept from before the reload is over: begin anew, once.
      this.#login = undefined;
      return this.#connect();
    }
    this.#show(code === 4002 ? { state: "superseded" } : { state: "expired" });
  }

  /** The network is back, or the page is looked at again: no reason to wait any longer. */
  #comeBackNow(): void {
    if (this.#timer === undefined || globalThis.document?.visibilityState === "hidden") return;
    clearTimeout(this.#timer);
    this.#connect();
  }

  #remember(message: ServerMessage & { seq: number }): void {
    if (message.type === "opened") {
      this.#login = { loginId: message.login_id, receiveKey: message.receive_key, lastSeq: message.seq };
    } else if (this.#login !== undefined) {
      this.#login = { ...this.#login, lastSeq: message.seq };
    }
    if (message.type === "opened" || message.type === "renewed" || message.type === "scanned") this.#opening = message;
    const kept = { login: this.#login, message: this.#opening, at: Date.now(), request: this.#options.request };
    this.#options.storage?.setItem(STORAGE_KEY, JSON.stringify(kept));
  }

  /** Takes up the login of before a reload: shows what was shown, then hears the rest. */
  #restore(): void {
    const kept = this.#options.storage?.getItem(STORAGE_KEY);
    if (kept == null) return;
    try {
      const { login, message, at, request } = JSON.parse(kept);
      const shown = decodeServerMessage(JSON.stringify(message));
      // A page that asks for something else now, such as with a new state, must not get the answer to the old.
      if (shown === undefined || JSON.stringify(request) !== JSON.stringify(this.#options.request)) return this.#forget();
      this.#login = { loginId: login.loginId, receiveKey: login.receiveKey, lastSeq: login.lastSeq };
      this.#opening = shown;
      this.#show(afterMessage(this.#view, shown, at));
    } catch {
      this.#forget();
    }
  }

  #forget(): void {
    this.#options.storage?.removeItem(STORAGE_KEY);
  }

  #show(view: LoginView): void {
    this.#view = view;
    this.#options.onView(view);
  }
}
