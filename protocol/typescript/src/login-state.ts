/** What a page shows of a login: a pure function of what the gateway said and how the connection is. */
import { SUPERSEDED, UNKNOWN_LOGIN } from "./close-codes.ts";
import type { ErrorMessage, SavedState } from "./decode.ts";
import type { ErrorCode, RejectReason, ServerMessage } from "./generated.ts";

/** One of these at a time. Instants are Unix milliseconds of the browser's own clock. */
export type LoginState =
  /** No code yet. `connected` is false once a try to get one has failed; more follow. */
  | { readonly name: "loading"; readonly connected: boolean }
  | WaitingState
  | ScannedState
  /** The browser is logged in where this address leads. */
  | { readonly name: "confirmed"; readonly redirectTo: string }
  | { readonly name: "rejected"; readonly reason: RejectReason }
  | { readonly name: "cancelled" }
  | { readonly name: "expired" }
  /** The login goes on in another tab. */
  | { readonly name: "superseded" }
  /** No code for now; asked for again by itself at `retryAt`. */
  | { readonly name: "delayed"; readonly error: ErrorCode; readonly retryAt: number }
  /** No code here at all: the page asks for what the gateway does not grant. */
  | { readonly name: "refused"; readonly error: ErrorCode };

/** A code is shown, to be scanned or typed until `expiresAt`. */
export interface WaitingState {
  readonly name: "waiting";
  readonly qr: string;
  readonly userCode: string;
  readonly expiresAt: number;
  readonly connected: boolean;
  /** Until when the gateway does not renew the code on demand: it was asked too often, or is not able to. */
  readonly renewableAt?: number;
}

/** A person, of whom only the masked name is known, has until `expiresAt` to confirm. */
export interface ScannedState {
  readonly name: "scanned";
  readonly person: string;
  readonly expiresAt: number;
  readonly connected: boolean;
}

/** What can happen to a login, as the browser sees it. `now` is in Unix milliseconds. */
export type LoginEvent =
  | { readonly type: "message"; readonly message: ServerMessage; readonly now: number }
  | { readonly type: "restored"; readonly shown: SavedState }
  | { readonly type: "connecting" }
  | { readonly type: "connected" }
  | { readonly type: "disconnected" }
  /** The connection was closed with a code after which nobody comes back. */
  | { readonly type: "closed"; readonly code: number }
  /** A new login is wanted, whatever became of this one. */
  | { readonly type: "restarted" };

/** The state of a login that has just begun. */
export const INITIAL_STATE: LoginState = { name: "loading", connected: true };

/** The state after an event. A settled state is left by `restarted` alone. */
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
      return { name: "scanned", person: message.person, expiresAt: now + message.expires_in * 1000, connected: true };
    case "confirmed":
      return { name: "confirmed", redirectTo: message.redirect_to };
    case "rejected":
      return { name: "rejected", reason: message.reason };
    case "cancelled":
    case "expired":
      return { name: message.type };
    case "heartbeat":
      return state;
    case "error":
      return afterError(state, message, now);
  }
}

/** An error changes nothing but what the browser may ask for next: it answers the browser's own message. */
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
