/** Whether it is worth connecting now: a page that nobody sees, or a device without a network, can wait. */

/** Tells when the page is looked at and has a network. */
export interface Presence {
  /** Whether the page may be seen. */
  isVisible(): boolean;
  /** Whether the device has a network. A hint: a gateway on the same machine is reached without. */
  isOnline(): boolean;
  /** Calls `listener` each time that one of them changes, until `signal` is aborted. */
  watch(listener: () => void, signal: AbortSignal): void;
}

/** The presence of a browser's page. */
export const pagePresence: Presence = {
  isVisible: () => document.visibilityState !== "hidden",
  isOnline: () => navigator.onLine,
  watch: (listener, signal) => {
    document.addEventListener("visibilitychange", listener, { signal });
    for (const change of ["online", "offline"]) window.addEventListener(change, listener, { signal });
  },
};
