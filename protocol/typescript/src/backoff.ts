/** Delays between tries to connect. They spread, so that browsers that lost one gateway do not return together. */

const FIRST_BOUND_MS = 500;

/** Longest delay in milliseconds, unless the gateway asks for more. */
export const LONGEST_BOUND_MS = 20_000;

/**
 * Returns the delay in milliseconds before a try, counted from 0: `random` in `[0, 1]` times a bound that doubles from
 * 500 ms to 20 s ("full jitter": AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export function backOff(tries: number, random: number): number {
  return random * Math.min(FIRST_BOUND_MS * 2 ** tries, LONGEST_BOUND_MS);
}
