/** A login over a WebSocket (RFC 6455). */
import { PATHS, SUBPROTOCOLS } from "./generated.ts";
import type { FirstMessage, Listener, Transport } from "./transport.ts";

/** Opens a socket. Its pings are answered by the browser unseen, so that silence says nothing. */
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
    send: (command) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(command));
    },
    close: () => {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    },
  };
}
