/** The global scope of a service worker, as far as ours uses it: TypeScript's DOM library has none. */

/** An event that lasts as long as a promise. */
interface LastingEvent extends Event {
  waitUntil(work: Promise<unknown>): void;
}

/** A request of a page. */
interface PageRequest extends Event {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}

interface Listens {
  (type: "install" | "activate", listener: (event: LastingEvent) => void): void;
  (type: "fetch", listener: (event: PageRequest) => void): void;
}

export interface WorkerScope {
  readonly addEventListener: Listens;
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
}
