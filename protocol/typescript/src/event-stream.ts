/** A login over an event stream, for networks that block WebSocket. */
import { BROKEN } from "./close-codes.ts";
import { decodeCloseHint } from "./decode.ts";
import { EventParser } from "./event-parser.ts";
import { PATHS, type ResumeRequest } from "./generated.ts";
import { type HttpLogin, overHttp } from "./http-login.ts";

/** More than the longest that a gateway may take between two comments. */
const SILENCE_LIMIT_MS = 60_000;

/**
 * Opens a login or comes back to one. The stream is read by `fetch`, since `EventSource` cannot send the receive key
 * in a header, and an address is no place for a secret.
 */
export const openEventStream = overHttp(follow);

async function follow(http: HttpLogin, { last_seq, attempt }: ResumeRequest): Promise<void> {
  const { body } = await http.ask(`${PATHS.events}?attempt=${attempt}`, { headers: { "last-event-id": String(last_seq) } });
  if (body === null) return;
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    // Headers alone would say nothing: a proxy that holds streams back sends them on. The gateway begins with a comment.
    http.heard(SILENCE_LIMIT_MS);
    for (const { name, data } of parser.push(value)) {
      if (name === "close") return http.closed(decodeCloseHint(data).code ?? BROKEN, data);
      http.message(data);
    }
  }
}
