/** Messages of one login. */
import type { OpenRequest, ServerMessage } from "../src/generated.ts";

export const request: OpenRequest = {
  client_id: "hall",
  redirect_uri: "https://hall.example/callback",
  state: "s",
  scope: "openid",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
};

type Message<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

export const opened: Message<"opened"> = {
  type: "opened",
  seq: 1,
  login_id: "0123456789ABCDEFGHJKMNPQ",
  receive_key: "A".repeat(43),
  qr: "https://login.example/q/0123456789ABCDEFGHJKMNPQ01234567",
  user_code: "WDJB-MJHT",
  expires_in: 120,
  server_time: 1_790_000_000,
};

export const renewed: Message<"renewed"> = {
  type: "renewed",
  seq: 2,
  qr: "https://login.example/q/0123456789ABCDEFGHJKMNPQ89ABCDEF",
  user_code: "BCDF-GHJK",
  expires_in: 120,
  server_time: 1_790_000_120,
};

export const scanned = (seq: number): Message<"scanned"> => ({ type: "scanned", seq, person: "示*", expires_in: 90 });

/** The scan of a person who is new to the browser. */
export const asking = (seq: number): Message<"scanned"> => ({ ...scanned(seq), agree: true });

export const agreed = (seq: number): Message<"agreed"> => ({ type: "agreed", seq, expires_in: 80 });

export const confirmed = (seq: number): Message<"confirmed"> => ({
  type: "confirmed",
  seq,
  redirect_to: "https://hall.example/callback?code=x&state=s&iss=https%3A%2F%2Flogin.example",
});

export const limited: Message<"error"> = {
  type: "error",
  error: "too_many_requests",
  error_description: "wait",
  retry_after: 32,
};
