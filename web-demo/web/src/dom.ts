/** Helpers of the elements. */

/**
 * Returns a link to a stylesheet beside the script, for a shadow root. A policy without inline styles allows it, and it
 * works where sheets cannot be constructed (Safari before 16.4).
 */
export function stylesheet(address: URL): HTMLLinkElement {
  return Object.assign(document.createElement("link"), { rel: "stylesheet", href: address.href });
}

/** Listens until `signal` is aborted. The option `signal` of `addEventListener` is newer than the oldest browsers, which ignore it. */
export function listen(target: Document, event: "visibilitychange", signal: AbortSignal, act: () => void): void;
export function listen(target: Window, event: "pageshow", signal: AbortSignal, act: (event: PageTransitionEvent) => void): void;
export function listen(target: EventTarget, event: string, signal: AbortSignal, act: (event: never) => void): void {
  const listener = act as EventListener;
  target.addEventListener(event, listener);
  signal.addEventListener("abort", () => target.removeEventListener(event, listener));
}

/** Returns the line that says what happens, which screen readers read out. */
export function statusLine(): HTMLParagraphElement {
  const line = Object.assign(document.createElement("p"), { className: "status" });
  // The property `role` is newer than the oldest browsers.
  line.setAttribute("role", "status");
  return line;
}
