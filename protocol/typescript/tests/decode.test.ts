import fc from "fast-check";
import { expect, test } from "vitest";
import {
  type PollAnswer,
  decodeCloseHint,
  decodeStoredLogin,
  decodePollAnswer,
  decodeProblem,
  decodeServerMessage,
} from "../src/decode.ts";
import { vectors } from "./vectors.ts";

test("every golden message of the gateway is read, and nothing else is", () => {
  for (const { name, from, text, valid } of vectors.messages()) {
    if (from !== "gateway") continue;
    const decoded = decodeServerMessage(text);
    expect("message" in decoded, name).toBe(valid);
    if ("message" in decoded) expect(decoded.message, name).toEqual(JSON.parse(text));
  }
});

test("an unknown type is told from a message that is broken", () => {
  expect(decodeServerMessage('{"type":"dance","seq":2}')).toEqual({ unknownType: "dance" });
  expect(decodeServerMessage('{"type":"toString"}')).toEqual({ unknownType: "toString" });
  expect(decodeServerMessage('{"type":"scanned","seq":2}')).toHaveProperty("malformed");
  expect(decodeServerMessage("<html>")).toHaveProperty("malformed");
});

test("every golden answer to a poll is read, and nothing else is", () => {
  for (const { name, text, valid } of vectors.pollAnswers()) {
    const answer = answerOf(text);
    expect(answer !== undefined, name).toBe(valid);
    if (answer === undefined) continue;
    const written = JSON.parse(text);
    expect(answer.messages.map((message) => JSON.parse(message)), name).toEqual(written.messages);
    expect(answer.close, name).toEqual(written.close);
  }
});

test("of the messages of an answer the newest is known, be they of a later version", () => {
  expect(answerOf('{"messages":[{"type":"dance","seq":7},{"type":"sing"},null]}')?.newest).toBe(7);
});

function answerOf(text: string): PollAnswer | undefined {
  try {
    return decodePollAnswer(text);
  } catch {
    return undefined;
  }
}

test("a proxy's error page counts as a gateway that is not there for now, or for as long as its header says", () => {
  const page = "<html>503 Service Unavailable</html>";
  const { error_description, ...answer } = decodeProblem(page, null);
  expect(answer).toEqual({ type: "error", error: "temporarily_unavailable" });
  expect(decodeProblem(page, "7")).toEqual({ ...answer, error_description, retry_after: 7 });
  expect(decodeProblem(page, "Wed, 25 Nov 2026 16:06:02 GMT")).toEqual({ ...answer, error_description });
});

test("no text from outside throws", () => {
  const anyText = fc.oneof(fc.string(), fc.json());
  fc.assert(
    fc.property(anyText, (text) => {
      for (const decode of [decodeServerMessage, decodeCloseHint, decodeStoredLogin]) decode(text);
      decodeProblem(text, text);
    }),
  );
});
