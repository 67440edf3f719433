/** A login over an event stream, for networks that block WebSocket. */
import { BROKEN } from "./close-codes.ts";
import { decodeCloseHint } from "./decode.ts";
import { EventParser } from "./event-parser.ts";
import { PATHS, type ResumeRequest } from "./generated.ts";
import { type HttpLogin, overHttp } from "./http-login.ts";

/** Longer than the longest interval between two comments of a gateway. */
const SILENCE_LIMIT_MS = 60_000;

/**
 * Opens or resumes a login. `fetch` reads the stream, because `EventSource` cannot send the receive key in a header, and
 * an address is no place for a secret.
 */
export const openEventStream = overHttp(follow);

async function follow(http: HttpLogin, { last_seq, attempt }: ResumeRequest): Promise<void> {
  const { body } = await http.ask(`${PATHS.events}?attempt=${attempt}`, { headers: { "last-event-id": String(last_seq) } });
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const parser = new EventParser();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    // The headers are not a sign of life: a proxy that holds streams back passes them on. The gateway begins with a comment.
    http.heard(SILENCE_LIMIT_MS);
    for (const { name, data } of parser.push(decoder.decode(value, { stream: true }))) {
      if (name === "close") return http.closed(decodeCloseHint(data).code ?? BROKEN, data);
      http.message(data);
    }
  }
}
