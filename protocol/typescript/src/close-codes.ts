/** What a close code asks of the browser (docs/protocol.md §3). */
import type { ErrorCode } from "./generated.ts";

/** Whether to come back, and when. */
export type ComeBack = "no" | "after_back_off" | "after_hint" | "at_once";

/** The codes that this client names; any other is obeyed by its range. */
export const CloseCode = {
  /** The connection broke: no close frame came (RFC 6455 §7.4.1). */
  Broken: 1006,
  InternalError: 1011,
  Restarting: 1012,
  UnknownLogin: 4001,
  Superseded: 4002,
  Refused: 4004,
  Unavailable: 4100,
  TooManyRequests: 4101,
} as const;

/** The rule for any code. The ranges carry the meaning, so that codes of a newer gateway are obeyed too. */
export function comeBackAfter(code: number): ComeBack {
  if (code === CloseCode.Restarting) return "after_hint";
  if (code >= 4200 && code <= 4299) return "at_once";
  const backsOff = code === 1001 || code === CloseCode.Broken || code === CloseCode.InternalError;
  return backsOff || (code >= 4100 && code <= 4199) ? "after_back_off" : "no";
}

/** The code with which a socket would have closed on this error: over HTTP there is only the error. */
export function closeCodeOf(error: ErrorCode): number {
  switch (error) {
    case "unknown_login":
      return CloseCode.UnknownLogin;
    case "superseded":
      return CloseCode.Superseded;
    case "too_many_requests":
      return CloseCode.TooManyRequests;
    case "temporarily_unavailable":
      return CloseCode.Unavailable;
    case "server_error":
      return CloseCode.InternalError;
    default:
      return CloseCode.Refused;
  }
}
