/**
 * Ignores presses that were meant for something else: the second click of a double click, a key that is held down, or a
 * click on a window that was pulled away from above this one.
 */
export class PressGuard {
  #since = -Infinity;

  /** Ignores presses for half a second from now, or takes them at once. */
  restart(isNeeded = true): void {
    this.#since = isNeeded ? performance.now() : -Infinity;
  }

  /** True while presses are to be ignored. */
  get isUp(): boolean {
    return performance.now() - this.#since < 500;
  }
}
