/** A login over a WebSocket (RFC 6455). */
import { PATHS, SUBPROTOCOLS, type OpenRequest } from "./generated.ts";
import type { FirstMessage, Listener, Transport } from "./transport.ts";

/** More than the longest that a gateway may take between two heartbeats. */
const SILENCE_LIMIT_MS = 60_000;

/** How long the query of an address may be: longer ones are refused by the gateway, and by proxies on the way to it. */
const MAX_QUERY_LENGTH = 4096;

/** A socket that was opened ahead, and what has come of it since. */
interface HeadStart {
  readonly socket: WebSocket;
  readonly events: Event[];
}

/** Where two scripts of a page, which share nothing else, leave and find it. */
const AHEAD = Symbol.for("saoma.socket");
const page: { [AHEAD]?: HeadStart | undefined } & object = globalThis;

/** Opens the socket of a login ahead of the script that shows it: an {@link openWebSocket} with this request takes it over. */
export function openAhead(gateway: string, request: OpenRequest): void {
  const socket = connect(addressOf(gateway, { type: "open", ...request }));
  const events = new Array<Event>();
  socket.onopen = socket.onmessage = socket.onclose = (event: Event) => void events.push(event);
  page[AHEAD] = { socket, events };
}

/**
 * Opens a socket. Its pings are answered by the browser unseen; the heartbeats beside them are the sign of life.
 *
 * An `open` goes in the address, where it saves a round trip and tells no more than the address of a hosted login page. One
 * that is too long for an address, and a `resume`, which holds a secret, wait for the socket.
 */
export function openWebSocket(gateway: string, first: FirstMessage, listener: Listener): Transport {
  const address = addressOf(gateway, first);
  const ahead = takeOver(address);
  const socket = ahead?.socket ?? connect(address);
  socket.onopen = () => {
    if (!address.includes("?")) socket.send(JSON.stringify(first));
    listener.heard(SILENCE_LIMIT_MS);
  };
  socket.onmessage = ({ data }) => listener.message(String(data));
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  // The listener hears of it as of everything else: once it has this transport.
  queueMicrotask(() => ahead?.events.forEach((event) => socket[`on${event.type as "open"}`]?.(event)));
  return {
    send: (command) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    },
  };
}

/** The socket that was opened ahead for just this; one for something else is closed. */
function takeOver(address: string): HeadStart | undefined {
  const ahead = page[AHEAD];
  page[AHEAD] = undefined;
  if (ahead?.socket.url === address) return ahead;
  ahead?.socket.close();
  return undefined;
}

function addressOf(gateway: string, { type, ...request }: FirstMessage): string {
  const url = new URL(PATHS.socket, gateway);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const query = String(new URLSearchParams(request as Record<string, string>));
  if (type === "open" && query.length <= MAX_QUERY_LENGTH) url.search = query;
  return url.href;
}

function connect(address: string): WebSocket {
  return new WebSocket(address, [...SUBPROTOCOLS]);
}
