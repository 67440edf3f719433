/** Close codes and what each asks of the browser (docs/protocol.md §3). */
import type { ErrorCode } from "./generated.ts";

/** No close frame came: the connection broke (RFC 6455 §7.4.1). */
export const BROKEN = 1006;
export const INTERNAL_ERROR = 1011;
export const RESTARTING = 1012;
export const UNKNOWN_LOGIN = 4001;
export const SUPERSEDED = 4002;
export const REFUSED = 4004;
export const UNAVAILABLE = 4100;
export const TOO_MANY_REQUESTS = 4101;

/** When to reconnect, if at all. */
export type ReconnectPolicy = "no" | "after_back_off" | "after_hint" | "at_once";

/** Returns the policy for any code. The ranges carry the meaning, so that a newer gateway's codes are obeyed too. */
export function reconnectPolicy(code: number): ReconnectPolicy {
  if (code === RESTARTING) return "after_hint";
  if (code >= 4200 && code <= 4299) return "at_once";
  const backsOff = code === 1001 || code === BROKEN || code === INTERNAL_ERROR;
  return backsOff || (code >= 4100 && code <= 4199) ? "after_back_off" : "no";
}

const CODE_OF_ERROR: { readonly [E in ErrorCode]?: number } = {
  unknown_login: UNKNOWN_LOGIN,
  superseded: SUPERSEDED,
  too_many_requests: TOO_MANY_REQUESTS,
  temporarily_unavailable: UNAVAILABLE,
  server_error: INTERNAL_ERROR,
};

/** Returns the code with which a socket would have closed on this error: an HTTP response has only the error. */
export function closeCodeOf(error: ErrorCode): number {
  return CODE_OF_ERROR[error] ?? REFUSED;
}
