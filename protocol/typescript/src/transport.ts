/** How messages travel. A transport carries one login on one connection and is thrown away with it. */
import type { ClientMessage } from "./generated.ts";
import { RECEIVE_KEY_HEADER, PATHS, SUBPROTOCOLS } from "./generated.ts";

/** What a transport tells. After `closed` nothing comes. */
export interface Listener {
  message(text: string): void;
  /** `code` as in RFC 6455 §7.4; `opened` says whether the connection ever stood. */
  closed(code: number, reason: string, opened: boolean): void;
}

/** One connection. */
export interface Transport {
  send(message: ClientMessage): void;
  close(): void;
}

/** A login that was opened before, as far as a transport needs it. */
export interface Resumable {
  readonly loginId: string;
  readonly receiveKey: string;
  readonly lastSeq: number;
}

/** Opens a connection whose first message is `first`. */
export function openSocket(gateway: string, first: ClientMessage, listener: Listener): Transport {
  const url = new URL(PATHS.socket, gateway);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, [...SUBPROTOCOLS]);
  let opened = false;
  socket.addEventListener("open", () => {
    opened = true;
    socket.send(JSON.stringify(first));
  });
  socket.addEventListener("message", (event) => {
    if (typeof event.data === "string") listener.message(event.data);
  });
  // What there is to know comes with the close that follows.
  socket.addEventListener("error", () => undefined);
  socket.addEventListener("close", (event) => listener.closed(event.code, event.reason, opened));
  return {
    send: (message) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
    },
    close: () => socket.close(1000),
  };
}

/** The same over HTTP and an event stream, for networks that block WebSocket. */
export function openEventStream(gateway: string, first: ClientMessage, listener: Listener): Transport {
  const stopping = new AbortController();
  let login: Resumable | undefined;
  const url = (path: string, loginId = "") => new URL(path.replace("{login_id}", loginId), gateway);

  const run = async (): Promise<void> => {
    if (first.type === "resume") {
      login = { loginId: first.login_id, receiveKey: first.receive_key, lastSeq: first.last_seq };
    } else {
      const answer = await fetch(url(PATHS.logins), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(first),
        signal: stopping.signal,
      });
      const text = await answer.text();
      listener.message(answer.ok ? text : problemAsError(text));
      if (!answer.ok) return listener.closed(answer.status === 503 ? 4100 : 4004, "", true);
      login = opened(text);
    }
    await follow(login);
  };

  const follow = async (followed: Resumable): Promise<void> => {
    const answer = await fetch(url(PATHS.events, followed.loginId), {
      headers: { [RECEIVE_KEY_HEADER]: followed.receiveKey, "last-event-id": String(followed.lastSeq) },
      cache: "no-store",
      signal: stopping.signal,
    });
    if (!answer.ok || answer.body === null) return listener.closed(answer.status === 404 ? 4001 : 1006, "", true);
    let closing: number | undefined;
    for await (const event of events(answer.body)) {
      if (event.name === "close") closing = Number(/"code":(\d+)/.exec(event.data)?.[1]);
      else listener.message(event.data);
    }
    listener.closed(closing ?? 1006, "", true);
  };

  const post = (path: string): void => {
    if (login === undefined) return;
    // A request that is lost is asked for again by the person; the stream tells what became of it.
    void fetch(url(path, login.loginId), {
      method: "POST",
      headers: { [RECEIVE_KEY_HEADER]: login.receiveKey },
    }).catch(() => undefined);
  };

  run().catch(() => {
    if (!stopping.signal.aborted) listener.closed(1006, "", false);
  });
  return {
    send: (message) => {
      if (message.type === "refresh") post(PATHS.refresh);
      if (message.type === "cancel") post(PATHS.cancel);
    },
    close: () => stopping.abort(),
  };
}

/** The events of a stream (WHATWG HTML §9.2.6). */
async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<{ name: string; data: string }> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const blocks = (rest + decoder.decode(value, { stream: true })).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => block.split("\n").find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field("data");
      if (data !== undefined) yield { name: field("event") ?? "message", data };
    }
  }
}

function opened(text: string): Resumable {
  const field = (name: string) => new RegExp(`"${name}":"([^"]*)"`).exec(text)?.[1] ?? "";
  return { loginId: field("login_id"), receiveKey: field("receive_key"), lastSeq: 1 };
}

/** A problem document says in `error` and `detail` what an `error` message says. */
function problemAsError(text: string): string {
  try {
    const { error, detail, retry_after } = JSON.parse(text);
    return JSON.stringify({ type: "error", error, error_description: detail, retry_after });
  } catch {
    return JSON.stringify({ type: "error", error: "temporarily_unavailable", error_description: "no answer" });
  }
}
