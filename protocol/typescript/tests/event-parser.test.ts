import fc from "fast-check";
import { expect, test } from "vitest";
import { EventParser, type StreamEvent } from "../src/event-parser.ts";

const parse = (...pieces: string[]): StreamEvent[] => {
  const parser = new EventParser();
  return pieces.flatMap((piece) => parser.push(piece));
};

test.each<[string, string, StreamEvent[]]>([
  ["a message", 'id: 1\ndata: {"a":1}\n\n', [{ name: "message", data: '{"a":1}' }]],
  ["a named event", "event: close\ndata: {}\n\n", [{ name: "close", data: "{}" }]],
  ["a ping", ": still waiting\n\n", []],
  ["several lines", "data: a\ndata: b\n\n", [{ name: "message", data: "a\nb" }]],
  ["no space after the colon", "data:a\n\n", [{ name: "message", data: "a" }]],
  ["an event without data", "event: close\n\ndata: a\n\n", [{ name: "message", data: "a" }]],
  ["an event that is not complete", "data: a\n", []],
])("%s", (_name, text, events) => {
  expect(parse(text)).toEqual(events);
});

test("it does not matter where the network cuts the stream, nor how its lines end", () => {
  const lineEnd = fc.constantFrom("\n", "\r\n", "\r");
  const cuts = fc.array(fc.nat(60), { maxLength: 6 });
  fc.assert(
    fc.property(lineEnd, cuts, (end, at) => {
      const text = ["id: 1", "data: 示*", "", ": ping", "", "event: close", "data: {}", "", ": more"].join(end);
      const bounds = [0, ...at.filter((cut) => cut < text.length).sort((a, b) => a - b), text.length];
      const pieces = bounds.slice(1).map((bound, index) => text.slice(bounds[index], bound));
      expect(parse(...pieces)).toEqual([
        { name: "message", data: "示*" },
        { name: "close", data: "{}" },
      ]);
    }),
  );
});
