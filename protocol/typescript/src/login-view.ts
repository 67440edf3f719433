/** What a page shows of a login: a pure function of what the gateway said and how the connection is. */
import type { ErrorCode, RejectReason, ServerMessage } from "./generated.ts";

/** One of these at a time. Instants are milliseconds of the page's own clock. */
export type LoginView =
  | { readonly state: "loading" }
  | Waiting
  | { readonly state: "scanned"; readonly person: string; readonly endsAt: number; readonly reconnecting: boolean }
  | { readonly state: "confirmed"; readonly redirectTo: string }
  | { readonly state: "rejected"; readonly reason: RejectReason }
  | { readonly state: "cancelled" }
  | { readonly state: "expired" }
  | { readonly state: "superseded" }
  | { readonly state: "failed"; readonly error: ErrorCode; readonly retryAt: number | undefined };

interface Waiting {
  readonly state: "waiting";
  readonly qr: string;
  readonly userCode: string;
  readonly endsAt: number;
  readonly reconnecting: boolean;
}

export const initialView: LoginView = { state: "loading" };

/** The view after a message that came at `now`. */
export function afterMessage(view: LoginView, message: ServerMessage, now: number): LoginView {
  switch (message.type) {
    case "opened":
    case "renewed":
      return {
        state: "waiting",
        qr: message.qr,
        userCode: message.user_code,
        endsAt: now + message.expires_in * 1000,
        reconnecting: false,
      };
    case "scanned":
      return { state: "scanned", person: message.person, endsAt: now + message.expires_in * 1000, reconnecting: false };
    case "confirmed":
      return { state: "confirmed", redirectTo: message.redirect_to };
    case "rejected":
      return { state: "rejected", reason: message.reason };
    case "cancelled":
    case "expired":
      return { state: message.type };
    case "error":
      return view.state === "loading"
        ? { state: "failed", error: message.error, retryAt: retryAt(message.retry_after, now) }
        : view;
  }
}

/** The view while the connection is lost, or has come back. Only what still waits has something to show of it. */
export function whileReconnecting(view: LoginView, reconnecting: boolean): LoginView {
  return view.state === "waiting" || view.state === "scanned" ? { ...view, reconnecting } : view;
}

/** Whether nothing more can come. */
export function isSettled(view: LoginView): boolean {
  return view.state !== "loading" && view.state !== "waiting" && view.state !== "scanned";
}

function retryAt(seconds: number | undefined, now: number): number | undefined {
  return seconds === undefined ? undefined : now + seconds * 1000;
}
