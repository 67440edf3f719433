/** Windows of the tests: still, and closed after the test that opened them. */
import type { Browser, BrowserContext, BrowserContextOptions } from "playwright-core";

const opened = new Set<BrowserContext>();

/** Opens a window. Motion would only cost time: the machine draws each frame without a graphics card. */
export async function openWindow(browser: Browser, options: BrowserContextOptions): Promise<BrowserContext> {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  opened.add(context);
  return context;
}

/** Leaves the windows that are open now to their owner, such as those of a walk through several tests. */
export function keepWindows(): void {
  opened.clear();
}

/** Closes the windows of a test. Left open, they go on drawing, polling and counting beside the tests after it. */
export async function closeWindows(): Promise<void> {
  const windows = [...opened];
  opened.clear();
  await Promise.all(windows.map((context) => context.close()));
}
