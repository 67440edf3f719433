/** Networks that block WebSocket, and treat event streams in several ways. */
import type { BrowserContext } from "playwright-core";

/** Treatment of event streams. */
export type Streams = "pass" | "are refused" | "are held back";

/** Treats a page's connections as proxies do. The browser's own origin checks stay in force. */
export async function narrow(context: BrowserContext, streams: Streams): Promise<void> {
  await context.addInitScript((streams) => {
    class RefusedSocket {
      onclose: ((event: { readonly type: "close"; readonly code: number; readonly reason: string }) => void) | null = null;
      constructor(readonly url: string) {
        setTimeout(() => this.onclose?.({ type: "close", code: 1006, reason: "" }));
      }
      close(): void {}
    }
    const { fetch } = window;
    const narrowFetch: typeof fetch = (input, init) => {
      const { pathname, searchParams } = new URL(String(input), location.href);
      const isStream = pathname.endsWith("/events") && !searchParams.has("after");
      if (!isStream || streams === "pass") return fetch(input, init);
      if (streams === "are refused") return Promise.resolve(new Response("<html>", { status: 403 }));
      return Promise.resolve(new Response(new ReadableStream()));
    };
    Object.assign(window, { WebSocket: RefusedSocket, fetch: narrowFetch });
  }, streams);
}
