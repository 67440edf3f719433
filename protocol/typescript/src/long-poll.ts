/** A login over long polls, for networks that hold event streams back as well. */
import { decodePollAnswer } from "./decode.ts";
import { MAX_POLL_WAIT_SECONDS, PATHS, type ResumeRequest } from "./generated.ts";
import { type HttpLogin, overHttp } from "./http-login.ts";

/** Longest time to an answer: the longest wait of a poll, and 10 s for the network. */
const SILENCE_LIMIT_MS = (MAX_POLL_WAIT_SECONDS + 10) * 1000;

/** Opens or resumes a login, and polls for its messages. */
export const openLongPoll = overHttp(follow);

async function follow(http: HttpLogin, { last_seq, attempt }: ResumeRequest): Promise<void> {
  // The first poll does not wait: its answer shows at once that this transport reaches the gateway. `ask` throws after a close.
  for (let [after, wait] = [last_seq, 0]; ; wait = MAX_POLL_WAIT_SECONDS) {
    const response = await http.ask(`${PATHS.events}?after=${after}&wait=${wait}&attempt=${attempt}`);
    const { messages, newest, close } = decodePollAnswer(await response.text());
    http.heard(SILENCE_LIMIT_MS);
    messages.forEach((message) => http.message(message));
    if (close !== undefined) return http.closed(close.code, JSON.stringify(close));
    after = Math.max(after, newest);
  }
}
