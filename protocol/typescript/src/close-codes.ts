/** What to do after a close: the ranges carry the meaning, so that codes of a newer gateway are obeyed too. */
export type ComeBack = "no" | "after_back_off" | "after_hint" | "at_once";

/** The rule for any close code. 1006 is what a connection that broke is reported as. */
export function comeBackAfter(code: number): ComeBack {
  if (code === 1012) return "after_hint";
  if (code === 1001 || code === 1006 || code === 1011 || (code >= 4100 && code <= 4199)) return "after_back_off";
  return code >= 4200 && code <= 4299 ? "at_once" : "no";
}

/** Milliseconds to wait before the try of this number, counted from 0: full jitter over a doubling bound. */
export function backOff(tries: number, random: () => number = Math.random): number {
  return random() * Math.min(FIRST_BOUND_MS * 2 ** tries, LONGEST_BOUND_MS);
}

const FIRST_BOUND_MS = 500;
const LONGEST_BOUND_MS = 20_000;
