/** How messages travel: what the WebSocket, the event stream and the polls have in common. */
import type { ClientMessage } from "./generated.ts";

/** A message about a login that stands already. */
export type Command = Extract<ClientMessage, { type: "refresh" | "cancel" }>;

/** A message with which a connection begins. */
export type FirstMessage = Exclude<ClientMessage, Command>;

/** What a transport tells. After `closed` nothing comes. */
export interface Listener {
  /**
   * The gateway gave a sign of life. Silence of more than `silenceLimit` milliseconds then means a broken connection,
   * unless a `heartbeat` sets another limit.
   */
  heard(silenceLimit: number): void;
  /** A message, as it came. */
  message(text: string): void;
  /** The connection is over. `code` and `reason` as in RFC 6455 §7.4. */
  closed(code: number, reason: string): void;
}

/** One connection, which carries one login and is thrown away with it. */
export interface Transport {
  /** Sends a message; gone without a trace when the connection is lost just then. */
  send(command: Command): void;
  /** Ends the connection. The listener hears nothing any more. */
  close(): void;
}

/** Connects to the gateway of this origin. */
export type OpenTransport = (gateway: string, first: FirstMessage, listener: Listener) => Transport;
