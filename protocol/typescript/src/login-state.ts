/** State of a login, as a page shows it: a pure function of the gateway's messages and of the connection. */
import { SUPERSEDED, UNKNOWN_LOGIN } from "./close-codes.ts";
import type { ErrorMessage, SavedState } from "./decode.ts";
import type { CancelReason, ErrorCode, RejectReason, ServerMessage } from "./generated.ts";

/** State of a login. Instants are Unix milliseconds of the browser's own clock. */
export type LoginState =
  /** There is no code yet. `connected` is false after a failed try; more follow. */
  | { readonly name: "loading"; readonly connected: boolean }
  | WaitingState
  | ScannedState
  /** The browser is logged in once it opens this address. */
  | { readonly name: "confirmed"; readonly redirectTo: string }
  | { readonly name: "rejected"; readonly reason: RejectReason }
  /** Given up at the browser: with the reason `not_me`, because another person had scanned the code. */
  | { readonly name: "cancelled"; readonly reason?: CancelReason }
  | { readonly name: "expired" }
  /** The login goes on in another tab. */
  | { readonly name: "superseded" }
  /** The gateway gives no code now. The connection asks again at `retryAt`. */
  | { readonly name: "delayed"; readonly error: ErrorCode; readonly retryAt: number }
  /** The gateway rejects the page's request for good. */
  | { readonly name: "refused"; readonly error: ErrorCode };

/** A code can be scanned or typed until `expiresAt`. */
export interface WaitingState {
  readonly name: "waiting";
  readonly qr: string;
  readonly userCode: string;
  readonly expiresAt: number;
  readonly connected: boolean;
  /** Instant from which the gateway renews the code on demand again. It was asked too often, or is unable to. */
  readonly renewableAt?: number;
}

/** A person has scanned the code and has until `expiresAt` to confirm. */
export interface ScannedState {
  readonly name: "scanned";
  /** The masked name. */
  readonly person: string;
  /**
   * True while the person at the browser must agree to be logged in as this person, whom the browser does not know yet.
   * The phone cannot confirm before.
   */
  readonly mustAgree: boolean;
  readonly expiresAt: number;
  readonly connected: boolean;
}

/** An event that changes the state. `now` is in Unix milliseconds. */
export type LoginEvent =
  | { readonly type: "message"; readonly message: ServerMessage; readonly now: number }
  | { readonly type: "restored"; readonly shown: SavedState }
  | { readonly type: "connecting" }
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  /** The connection was closed with a code that forbids to reconnect. */
  | { readonly type: "closed"; readonly code: number }
  /** A new login takes the place of this one. */
  | { readonly type: "restarted" };

/** State of a login that has just begun. */
export const INITIAL_STATE: LoginState = { name: "loading", connected: true };

/** Returns the state after an event. Only `restarted` leaves a settled state. */
export function nextState(state: LoginState, event: LoginEvent): LoginState {
  if (event.type === "restarted") return INITIAL_STATE;
  if (isSettled(state)) return state;
  switch (event.type) {
    case "message":
      return afterMessage(state, event.message, event.now);
    case "restored":
      return { ...event.shown, connected: true };
    case "connecting":
      return state.name === "delayed" ? INITIAL_STATE : state;
    case "connected":
      return withConnection(state, true);
    case "disconnected":
      return withConnection(state, false);
    case "closed":
      return afterClose(event.code);
  }
}

/** States that events other than `restarted` still leave. */
const OPEN_STATES: readonly LoginState["name"][] = ["loading", "waiting", "scanned", "delayed"];

/** Returns true once the login has its result. */
export function isSettled(state: LoginState): boolean {
  return !OPEN_STATES.includes(state.name);
}

function afterMessage(state: LoginState, message: ServerMessage, now: number): LoginState {
  switch (message.type) {
    case "opened":
    case "renewed":
      return {
        name: "waiting",
        qr: message.qr,
        userCode: message.user_code,
        expiresAt: now + message.expires_in * 1000,
        connected: true,
      };
    case "scanned":
      return {
        name: "scanned",
        person: message.person,
        mustAgree: message.agree === true,
        expiresAt: now + message.expires_in * 1000,
        connected: true,
      };
    case "agreed":
      // Before a scan it says nothing: a gateway does not send it then.
      if (state.name !== "scanned") return state;
      return { ...state, mustAgree: false, expiresAt: now + message.expires_in * 1000, connected: true };
    case "confirmed":
      return { name: "confirmed", redirectTo: message.redirect_to };
    case "rejected":
      return { name: "rejected", reason: message.reason };
    case "cancelled":
      return message.reason === undefined ? { name: "cancelled" } : { name: "cancelled", reason: message.reason };
    case "expired":
      return { name: "expired" };
    case "heartbeat":
      return state;
    case "error":
      return afterError(state, message, now);
  }
}

/** An error answers the browser's own message, so it changes only what the browser may ask next. */
function afterError(state: LoginState, message: ErrorMessage, now: number): LoginState {
  const retryAt = message.retry_after === undefined ? undefined : now + message.retry_after * 1000;
  if (state.name === "waiting" && retryAt !== undefined) return { ...state, renewableAt: retryAt };
  if (state.name !== "loading" && state.name !== "delayed") return state;
  if (retryAt !== undefined) return { name: "delayed", error: message.error, retryAt };
  return PASSING_ERRORS.includes(message.error) ? state : { name: "refused", error: message.error };
}

/** Errors after which the same request may succeed later. The close that follows `unknown_login` says what became of it. */
const PASSING_ERRORS: readonly ErrorCode[] = ["temporarily_unavailable", "too_many_requests", "server_error", "unknown_login"];

function afterClose(code: number): LoginState {
  switch (code) {
    case SUPERSEDED:
      return { name: "superseded" };
    case UNKNOWN_LOGIN:
    case 1000:
      return { name: "expired" };
    default:
      return { name: "refused", error: "invalid_request" };
  }
}

function withConnection(state: LoginState, connected: boolean): LoginState {
  return "connected" in state && state.connected !== connected ? { ...state, connected } : state;
}
