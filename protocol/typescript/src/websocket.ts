/** A login over a WebSocket (RFC 6455). */
import { PATHS, SUBPROTOCOLS } from "./generated.ts";
import type { FirstMessage, Listener, Transport } from "./transport.ts";

/** More than the longest that a gateway may take between two heartbeats. */
const SILENCE_LIMIT_MS = 60_000;

/** Opens a socket. Its pings are answered by the browser unseen; the heartbeats beside them are the sign of life. */
export function openWebSocket(gateway: string, first: FirstMessage, listener: Listener): Transport {
  const url = new URL(PATHS.socket, gateway);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, [...SUBPROTOCOLS]);
  socket.onopen = () => {
    socket.send(JSON.stringify(first));
    listener.heard();
  };
  socket.onmessage = ({ data }) => listener.message(String(data));
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  return {
    silenceLimit: SILENCE_LIMIT_MS,
    send: (command) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    },
  };
}
