/** Sees blinks in how far the eyes are open, picture by picture. */

/** Eyes are closed when they are open less than this share of what is usual for the person. */
const CLOSED = 0.7;

/** A blink lasts so many ms. Shorter is an error of the reading, longer is sleep. */
const SHORTEST_MS = 50;
const LONGEST_MS = 800;

/** How many pictures with open eyes tell what is usual, at most and at least. */
const MOST = 30;
const LEAST = 5;

/** What a picture says about a blink. `blinked`: the eyes are open again. */
export type BlinkState = "learning" | "open" | "closed" | "blinked";

export class BlinkWatch {
  readonly #usual = new Array<number>();
  #closedAt: number | undefined;

  /** Takes the next picture's openness; `time` in ms. */
  see(openness: number, time: number): BlinkState {
    if (this.#usual.length >= LEAST && openness < CLOSED * median(this.#usual)) {
      this.#closedAt ??= time;
      return "closed";
    }
    this.#usual.push(openness);
    if (this.#usual.length > MOST) this.#usual.shift();
    const closedFor = this.#closedAt === undefined ? 0 : time - this.#closedAt;
    this.#closedAt = undefined;
    if (closedFor >= SHORTEST_MS && closedFor <= LONGEST_MS) return "blinked";
    return this.#usual.length < LEAST ? "learning" : "open";
  }

  /** The face was away: closed eyes of before say nothing any more. */
  lose(): void {
    this.#closedAt = undefined;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
