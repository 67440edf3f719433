/** Parser of event streams (WHATWG HTML §9.2.6). */

/** One event. */
export interface StreamEvent {
  readonly name: string;
  readonly data: string;
}

/** A blank line: the end of a line and of the next, which may be any of three. */
const BLANK_LINE = /(?:\r\n|\n|\r(?!\n)){2}/;

/** Takes a stream's text in any pieces. */
export class EventParser {
  #rest = "";

  /** Returns the events that this piece completes. */
  push(piece: string): StreamEvent[] {
    const blocks = (this.#rest + piece).split(BLANK_LINE);
    this.#rest = blocks.pop() ?? "";
    return blocks.flatMap(eventOf);
  }
}

function eventOf(block: string): StreamEvent | [] {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split(/\r\n|\r|\n/)) {
    const [, field, value = ""] = /^(\w+): ?(.*)/s.exec(line) ?? [];
    if (field === "event") name = value;
    if (field === "data") data.push(value);
  }
  return data.length > 0 ? { name, data: data.join("\n") } : [];
}
