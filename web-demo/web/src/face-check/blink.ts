/** Detects blinks from the openness of the eyes, picture by picture. */

/** Share of the usual openness of a person below which the eyes count as closed. */
const CLOSED = 0.7;

/** Shortest and longest blink, in milliseconds. Anything shorter is a measuring error, anything longer is sleep. */
const SHORTEST_MS = 50;
const LONGEST_MS = 800;

/** Largest and smallest number of pictures with open eyes from which the usual openness is taken. */
const MOST = 30;
const LEAST = 5;

/** State after a picture. `blinked`: the eyes have just opened again. */
export type BlinkState = "learning" | "open" | "closed" | "blinked";

export class BlinkDetector {
  readonly #usual = new Array<number>();
  #closedAt: number | undefined;

  /** Takes the openness of the next picture, at `time` in milliseconds, and returns the new state. */
  push(openness: number, time: number): BlinkState {
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

  /** Forgets closed eyes, because the face was lost in between. */
  reset(): void {
    this.#closedAt = undefined;
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
