/** Interface of the transports: WebSocket, event stream and long polls. */
import type { ClientMessage } from "./generated.ts";

/** A message about a login that is open already. */
export type Command = Extract<ClientMessage, { type: "agree" | "cancel" | "refresh" }>;

/** The first message of a connection. */
export type FirstMessage = Exclude<ClientMessage, Command>;

/** Receiver of a transport's events. `closed` is the last. */
export interface Listener {
  /**
   * The gateway gave a sign of life. Silence of more than `silenceLimit` milliseconds then means a broken connection,
   * unless a `heartbeat` sets another limit.
   */
  heard(silenceLimit: number): void;
  /** A message arrived, not decoded yet. */
  message(text: string): void;
  /** The connection is over. `code` and `reason` as in RFC 6455 §7.4. */
  closed(code: number, reason: string): void;
}

/** One connection, for one login. */
export interface Transport {
  /** Sends a message, which is lost without notice if the connection is. */
  send(command: Command): void;
  /** Ends the connection. No further event reaches the listener. */
  close(): void;
}

/** Connects to the gateway at this origin. */
export type OpenTransport = (gateway: string, first: FirstMessage, listener: Listener) => Transport;
