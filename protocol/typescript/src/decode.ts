/**
 * The one place where text from the network becomes a typed message.
 *
 * Unknown members are ignored, so that a newer gateway is understood; a message that lacks what its type must have is
 * none.
 */
import type { ServerMessage } from "./generated.ts";

type Kind = "number" | "string";

/** The members that each message must have. `error` may also have `retry_after`. */
const REQUIRED: { readonly [T in ServerMessage["type"]]: Readonly<Record<string, Kind>> } = {
  opened: {
    seq: "number",
    login_id: "string",
    receive_key: "string",
    qr: "string",
    user_code: "string",
    expires_in: "number",
    server_time: "number",
  },
  renewed: { seq: "number", qr: "string", user_code: "string", expires_in: "number", server_time: "number" },
  scanned: { seq: "number", person: "string", expires_in: "number" },
  confirmed: { seq: "number", redirect_to: "string" },
  rejected: { seq: "number", reason: "string" },
  cancelled: { seq: "number" },
  expired: { seq: "number" },
  error: { error: "string", error_description: "string" },
};

/** The message that `text` holds, or `undefined` when it holds none of this version. */
export function decodeServerMessage(text: string): ServerMessage | undefined {
  const value = parse(text);
  if (!isRecord(value) || !isType(value["type"])) return undefined;
  const complete = Object.entries(REQUIRED[value["type"]]).every(([name, kind]) => typeof value[name] === kind);
  return complete ? (value as ServerMessage) : undefined;
}

/** The milliseconds of a restart's close reason, or `undefined`. */
export function decodeRestartHint(reason: string): number | undefined {
  const value = parse(reason);
  const wait = isRecord(value) ? value["retry_after_ms"] : undefined;
  return typeof wait === "number" ? wait : undefined;
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

function isType(value: unknown): value is ServerMessage["type"] {
  return typeof value === "string" && Object.hasOwn(REQUIRED, value);
}
