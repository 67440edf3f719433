/** How long to wait between tries, so that browsers which lost their gateway together do not come back together. */

const FIRST_BOUND_MS = 500;

/** No try is further away than this many milliseconds, unless the gateway asks for more. */
export const LONGEST_BOUND_MS = 20_000;

/**
 * Milliseconds to wait before the try of this number, counted from 0: full jitter, that is, anything from nothing up
 * to a bound that doubles from 500 ms to 20 s (AWS Architecture Blog, "Exponential Backoff And Jitter").
 */
export function backOff(tries: number, random: () => number = Math.random): number {
  return random() * Math.min(FIRST_BOUND_MS * 2 ** tries, LONGEST_BOUND_MS);
}
