/**
 * Decoders of text from outside. Nothing else turns such text into a typed value.
 *
 * Unknown members are ignored, so that a newer gateway is understood (docs/protocol.md §8). A value without a required
 * member is rejected.
 */
import type { CloseNotice, ResumeRequest, ServerMessage } from "./generated.ts";

/** A decoded text of the gateway. */
export type Decoded =
  | { readonly message: ServerMessage }
  /** A message of a later version, to be ignored. */
  | { readonly unknownType: string }
  /** Not a message, or one without a required member. */
  | { readonly malformed: string };

/** An `error` message. */
export type ErrorMessage = Extract<ServerMessage, { type: "error" }>;

/** Details of a closed connection, as the gateway sends them. */
export interface CloseHint {
  /** The close code. The `close` event of a stream holds it; the reason of a close frame does not. */
  readonly code?: number;
  /** Milliseconds to wait before reconnecting. */
  readonly retry_after_ms?: number;
}

/** Members that are numbers, in every message; those that are neither numbers nor booleans are strings. */
const NUMBERS: readonly string[] = [
  "seq",
  "last_seq",
  "attempt",
  "next_within",
  "expires_in",
  "server_time",
  "retry_after",
  "code",
  "retry_after_ms",
  "expiresAt",
];

/** Members that are booleans. */
const BOOLEANS: readonly string[] = ["agree", "mustAgree"];

type MembersOf<T extends ServerMessage["type"]> = readonly (keyof Extract<ServerMessage, { type: T }>)[];

/** Required and optional members of each message. */
const MESSAGES: { readonly [T in ServerMessage["type"]]: { readonly must: MembersOf<T>; readonly may?: MembersOf<T> } } = {
  opened: { must: ["seq", "login_id", "receive_key", "qr", "user_code", "expires_in", "server_time"] },
  renewed: { must: ["seq", "qr", "user_code", "expires_in", "server_time"] },
  scanned: { must: ["seq", "person", "expires_in"], may: ["agree"] },
  agreed: { must: ["seq", "expires_in"] },
  confirmed: { must: ["seq", "redirect_to"], may: ["known"] },
  rejected: { must: ["seq", "reason"] },
  cancelled: { must: ["seq"], may: ["reason"] },
  expired: { must: ["seq"] },
  heartbeat: { must: ["next_within"] },
  error: { must: ["error", "error_description"], may: ["retry_after"] },
};

/** Decodes a message of the gateway. */
export function decodeServerMessage(text: string): Decoded {
  const value = parse(text);
  if (!isRecord(value) || typeof value["type"] !== "string") return { malformed: "no type" };
  const type = value["type"];
  if (!isMessageType(type)) return { unknownType: type };
  const { must, may = [] } = MESSAGES[type];
  if (!has(value, must) || !mayHave(value, may)) return { malformed: `${type}: missing member` };
  return { message: value as ServerMessage };
}

/** Decodes the reason of a close frame, or the data of a stream's `close` event. Missing members are left out. */
export function decodeCloseHint(text: string): CloseHint {
  const value = parse(text);
  return isRecord(value) && mayHave(value, ["code", "retry_after_ms"]) ? (value as CloseHint) : {};
}

/** The answer to a poll. */
export interface PollAnswer {
  /** The messages as JSON. Each is decoded by itself, so that one of a later version does not spoil the others. */
  readonly messages: readonly string[];
  /** The greatest `seq` among them, or 0. */
  readonly newest: number;
  readonly close: CloseNotice | undefined;
}

/**
 * Decodes the answer to a poll.
 *
 * Throws if the text is something else, such as the error page of a proxy.
 */
export function decodePollAnswer(text: string): PollAnswer {
  const value = parse(text);
  const { messages, close } = isRecord(value) ? value : {};
  if (!Array.isArray(messages) || !(close === undefined || isCloseNotice(close))) throw new Error("not a poll answer");
  const seqs = messages.map((message) => (isRecord(message) ? Number(message["seq"]) || 0 : 0));
  return { messages: messages.map((message) => JSON.stringify(message)), newest: Math.max(0, ...seqs), close };
}

function isCloseNotice(value: unknown): value is CloseNotice {
  return isRecord(value) && has(value, ["code"]) && mayHave(value, ["retry_after_ms"]);
}

/** Substitute for the error page of a proxy, which holds no problem document. */
const PROXY_PROBLEM: Record<string, unknown> = { error: "temporarily_unavailable", detail: "proxy error" };

/**
 * Decodes a problem document (RFC 9457) and the header `Retry-After` into the `error` message that a socket would have
 * brought.
 */
export function decodeProblem(text: string, retryAfter: string | null): ErrorMessage {
  const value = parse(text);
  const isProblem = isRecord(value) && has(value, ["error", "detail"]);
  const { error, detail, retry_after } = isProblem ? value : PROXY_PROBLEM;
  const seconds = Number(retry_after ?? retryAfter);
  const wait = seconds > 0 ? { retry_after: seconds } : {};
  return { type: "error", error, error_description: detail, ...wait } as ErrorMessage;
}

/** A login as it outlives a reload. */
export interface SavedLogin extends Required<ResumeRequest> {
  /** The code or the scan that was shown last. */
  readonly shown: SavedState;
}

/** A saved login in its storage. */
export interface StoredLogin extends SavedLogin {
  /** The request that the login answers, as JSON. */
  readonly request: string;
}

/** A state that is shown again after a reload. Instants are Unix milliseconds of the browser's clock. */
export type SavedState =
  | { readonly name: "waiting"; readonly qr: string; readonly userCode: string; readonly expiresAt: number }
  | { readonly name: "scanned"; readonly person: string; readonly mustAgree: boolean; readonly expiresAt: number };

const SAVED_STATES: { readonly [N in SavedState["name"]]: readonly string[] } = {
  waiting: ["qr", "userCode", "expiresAt"],
  scanned: ["person", "mustAgree", "expiresAt"],
};

/** Decodes a stored login. Returns `undefined` for any other text, such as that of another version of this format. */
export function decodeStoredLogin(text: string): StoredLogin | undefined {
  const value = parse(text);
  if (!isRecord(value)) return undefined;
  const shown = value["shown"];
  const complete =
    has(value, ["login_id", "receive_key", "last_seq", "attempt", "request"]) &&
    isRecord(shown) &&
    Object.entries(SAVED_STATES).some(([name, members]) => shown["name"] === name && has(shown, members));
  return complete ? (value as unknown as StoredLogin) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isMessageType(type: string): type is ServerMessage["type"] {
  return Object.keys(MESSAGES).includes(type);
}

function has(value: Record<string, unknown>, members: readonly string[]): boolean {
  return members.every((name) => typeof value[name] === typeOf(name));
}

function typeOf(member: string): "boolean" | "number" | "string" {
  if (NUMBERS.includes(member)) return "number";
  return BOOLEANS.includes(member) ? "boolean" : "string";
}

function mayHave(value: Record<string, unknown>, members: readonly string[]): boolean {
  return has(
    value,
    members.filter((name) => value[name] !== undefined),
  );
}
