/** A login over a WebSocket (RFC 6455). */
import { PATHS, SUBPROTOCOLS, type OpenRequest } from "./generated.ts";
import type { FirstMessage, Listener, Transport } from "./transport.ts";

/** Longer than the longest interval between two heartbeats of a gateway. */
const SILENCE_LIMIT_MS = 60_000;

/** Longest query of an address. The gateway, and proxies on the way to it, refuse longer ones. */
const MAX_QUERY_LENGTH = 4096;

/** A socket that was opened ahead, and its events since. */
interface HeadStart {
  readonly socket: WebSocket;
  readonly events: Event[];
}

/** Key of the head start on the global object, which is all that two scripts of a page share. */
const AHEAD = Symbol.for("saoma.socket");
const page: { [AHEAD]?: HeadStart | undefined } & object = globalThis;

/** Opens a login's socket ahead of the script that shows it. {@link openWebSocket} takes it over for the same request. */
export function openAhead(gateway: string, request: OpenRequest): void {
  const socket = connect(addressOf(gateway, { type: "open", ...request }));
  const events = new Array<Event>();
  socket.onopen = socket.onmessage = socket.onclose = (event: Event) => void events.push(event);
  page[AHEAD] = { socket, events };
}

/**
 * Opens a socket. The browser answers its pings unseen, so that the heartbeats beside them are the sign of life.
 *
 * An `open` goes into the address, which saves a round trip and reveals no more than the address of a hosted login page.
 * An `open` that is too long for an address or holds known values, and a `resume`, which holds a secret, are the first
 * message instead: addresses are logged on their way.
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
  // In a microtask, because the caller gets this transport before any event.
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

/** Takes the socket that was opened ahead for this address. One for another address is closed. */
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
  const query = String(new URLSearchParams(Object.entries(request)));
  if (type === "open" && !("known" in request) && query.length <= MAX_QUERY_LENGTH) url.search = query;
  return url.href;
}

function connect(address: string): WebSocket {
  return new WebSocket(address, [...SUBPROTOCOLS]);
}
