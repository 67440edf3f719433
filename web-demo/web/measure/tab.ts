/**
 * A tab without Playwright's own scripts. Playwright runs scripts in every page that it opens, which take a slow phone's
 * processor a tenth of a second.
 */
import type { Browser, CDPSession } from "playwright-core";

/** Size of a phone's screen, in CSS pixels. */
const PHONE = { width: 390, height: 844 };

interface Answer {
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** A tab with its own profile, driven by the DevTools protocol. */
export class Tab {
  readonly #browser: CDPSession;
  readonly #profile: string;
  readonly #session: string;
  readonly #answers = new Map<number, (answer: Answer) => void>();
  readonly #listeners = new Map<string, (event: never) => void>();
  #sent = 0;

  private constructor(browser: CDPSession, profile: string, session: string) {
    this.#browser = browser;
    this.#profile = profile;
    this.#session = session;
    browser.on("Target.receivedMessageFromTarget", ({ sessionId, message }) => {
      if (sessionId === session) this.#hear(JSON.parse(message));
    });
  }

  static async open(browser: Browser): Promise<Tab> {
    const devtools = await browser.newBrowserCDPSession();
    const { browserContextId } = await devtools.send("Target.createBrowserContext");
    const { targetId } = await devtools.send("Target.createTarget", { url: "about:blank", browserContextId, ...PHONE });
    // A nested session, which Playwright does not see.
    const { sessionId } = await devtools.send("Target.attachToTarget", { targetId, flatten: false });
    return new Tab(devtools, browserContextId, sessionId);
  }

  /** Sends a command and returns its result. Throws if the browser rejects it. */
  async send(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#sent;
    const answered = new Promise<Answer>((resolve) => this.#answers.set(id, resolve));
    const message = JSON.stringify({ id, method, params });
    await this.#browser.send("Target.sendMessageToTarget", { sessionId: this.#session, message });
    const { result, error } = await answered;
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result;
  }

  /** Runs a function in the page and returns its result. */
  async evaluate<T>(inPage: () => T): Promise<T> {
    const answer = await this.send("Runtime.evaluate", { expression: `(${inPage})()`, returnByValue: true });
    const { result, exceptionDetails } = answer as { result: { value: T }; exceptionDetails?: { exception: { description: string } } };
    if (exceptionDetails !== undefined) throw new Error(exceptionDetails.exception.description);
    return result.value;
  }

  /** Calls `listener` with each event of this name. A name has one listener. */
  on<E>(event: string, listener: (event: E) => void): void {
    this.#listeners.set(event, listener);
  }

  async close(): Promise<void> {
    await this.#browser.send("Target.disposeBrowserContext", { browserContextId: this.#profile });
    await this.#browser.detach();
  }

  #hear({ id, method, params, ...answer }: Answer & { id?: number; method?: string; params?: never }): void {
    if (id !== undefined) this.#answers.get(id)?.(answer);
    else if (method !== undefined && params !== undefined) this.#listeners.get(method)?.(params);
  }
}
