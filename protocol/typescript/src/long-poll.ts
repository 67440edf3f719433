/** A login poll by poll, for networks that hold event streams back as well. */
import { decodePollAnswer } from "./decode.ts";
import { MAX_POLL_WAIT_SECONDS, PATHS, type ResumeRequest } from "./generated.ts";
import { type HttpLogin, overHttp } from "./http-login.ts";

/** The longest that an answer takes, with 10 s for the network. */
const SILENCE_LIMIT_MS = (MAX_POLL_WAIT_SECONDS + 10) * 1000;

/** Opens a login or comes back to one, and asks for its messages again and again. */
export const openLongPoll = overHttp(follow);

async function follow(http: HttpLogin, { last_seq, attempt }: ResumeRequest): Promise<void> {
  // The first answer comes at once, and shows that this way leads to the gateway.
  for (let [after, wait] = [last_seq, 0]; !http.isOver; wait = MAX_POLL_WAIT_SECONDS) {
    const answer = await http.ask(`${PATHS.events}?after=${after}&wait=${wait}&attempt=${attempt}`);
    const { messages, newest, close } = decodePollAnswer(await answer.text());
    http.heard(SILENCE_LIMIT_MS);
    messages.forEach((message) => http.message(message));
    if (close !== undefined) return http.closed(close.code, JSON.stringify(close));
    after = Math.max(after, newest);
  }
}
