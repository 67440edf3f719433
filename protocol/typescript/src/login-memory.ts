/** Where a login outlives a reload of its page. */
import { type KeptLogin, type KeptState, decodeKeptLogin } from "./decode.ts";
import type { OpenRequest, ResumeRequest, ServerMessage } from "./generated.ts";
import type { LoginState } from "./login-state.ts";

/** What is needed of `sessionStorage`, which a tab has for itself and which ends with it. */
export type LoginStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Where the login is kept, so that a page can look. */
export const STORAGE_KEY = "saoma.login";

/** The login of this page: how to come back to it, and what of it is shown. Written through to the storage, if any. */
export class LoginMemory {
  readonly #storage: LoginStorage | undefined;
  readonly #request: string;
  #login: Required<ResumeRequest> | undefined;
  /** What of it would be shown after a reload. */
  #shown: KeptState | undefined;

  constructor(request: OpenRequest, storage: LoginStorage | undefined) {
    this.#request = JSON.stringify(request);
    this.#storage = storage;
  }

  /** How to come back, once there is a login: each time as a later attempt, be the page loaded again meanwhile. */
  nextAttempt(): ResumeRequest | undefined {
    if (this.#login === undefined) return undefined;
    this.#login = { ...this.#login, attempt: this.#login.attempt + 1 };
    this.#keep();
    return this.#login;
  }

  /** Takes up the login of before a reload and says what was shown of it; `undefined` when there is none of use. */
  restore(now: number): KeptState | undefined {
    const text = this.#storage?.getItem(STORAGE_KEY);
    const kept = text == null ? undefined : decodeKeptLogin(text);
    // A page that asks for something else, such as with a new `state`, must not get the answer to what it asked then.
    if (kept === undefined || kept.request !== this.#request || kept.shown.expiresAt <= now) {
      this.forget();
      return undefined;
    }
    const { login_id, receive_key, last_seq, attempt } = kept;
    this.#login = { login_id, receive_key, last_seq, attempt };
    return (this.#shown = kept.shown);
  }

  /** Whether this message is news: those that a gateway repeats after a resume are not. */
  isNews(message: ServerMessage): boolean {
    return !("seq" in message) || this.#login === undefined || message.seq > this.#login.last_seq;
  }

  /** Notes a message that is news, and the state that it led to. */
  note(message: ServerMessage, state: LoginState): void {
    if (message.type === "opened") {
      const { login_id, receive_key, seq } = message;
      this.#login = { login_id, receive_key, last_seq: seq, attempt: 1 };
    } else if (this.#login !== undefined && "seq" in message) {
      this.#login = { ...this.#login, last_seq: message.seq };
    }
    if (state.name === "waiting" || state.name === "scanned") this.#shown = state;
    this.#keep();
  }

  /** Lets go of the login. */
  forget(): void {
    this.#login = this.#shown = undefined;
    this.#storage?.removeItem(STORAGE_KEY);
  }

  #keep(): void {
    if (this.#login === undefined || this.#shown === undefined) return;
    const kept: KeptLogin = { ...this.#login, request: this.#request, shown: this.#shown };
    try {
      this.#storage?.setItem(STORAGE_KEY, JSON.stringify(kept));
    } catch {
      // The storage is full or denied: the login then lives as long as the page.
    }
  }
}
