/** Visibility and network of a page: a hidden page, or a device without a network, need not connect. */

/** Visibility and network of a page, and their changes. */
export interface Presence {
  /** Returns false while the page is hidden. */
  isVisible(): boolean;
  /** Returns false while the device has no network. A hint: a gateway on the same machine is reached without one. */
  isOnline(): boolean;
  /** Calls `listener` after each change of either, until `signal` is aborted. */
  watch(listener: () => void, signal: AbortSignal): void;
}

/** Presence of the document. */
export const pagePresence: Presence = {
  isVisible: () => document.visibilityState !== "hidden",
  isOnline: () => navigator.onLine,
  watch: (listener, signal) => {
    for (const change of ["visibilitychange", "online", "offline"]) {
      const target = change === "visibilitychange" ? document : window;
      target.addEventListener(change, listener);
      // The option `signal` of `addEventListener` is newer than the oldest browsers, which ignore it.
      signal.addEventListener("abort", () => target.removeEventListener(change, listener));
    }
  },
};
