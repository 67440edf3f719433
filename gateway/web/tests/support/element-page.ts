/** A page with one `<qr-login>` in a real browser, at a scripted gateway that serves the page, too. */
import { ScriptedGateway, type BrowserConnection } from "../../../../protocol/typescript/tests/scripted-gateway.ts";
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { type Browser, type BrowserContextOptions, type Locator, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { cssAsText } from "../../css-as-text.mjs";

/** Attributes of the element; `undefined` leaves one out. */
export type Attributes = Readonly<Record<string, string | undefined>>;

const REQUIRED: Attributes = {
  "client-id": "hall",
  "redirect-uri": "https://hall.example/callback",
  "code-challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
};

/** Strict, as the gateway's own page; `ws:` because a test moves the element to a second gateway. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self' ws:; require-trusted-types-for 'script'; trusted-types 'none'";

const STYLESHEET = new URL("../../src/qr-login.css", import.meta.url);

const PAGE = `<!doctype html><meta name="viewport" content="width=device-width"><title>Login</title>
  <script type="module" src="/script.js"></script>`;

/** Opens pages for the tests of a file. Made once, before them. */
export class ElementPages {
  #browser: Browser | undefined;
  #gateway: ScriptedGateway | undefined;
  #script = "";

  constructor() {
    beforeAll(async () => {
      const { outputFiles } = await build({
        absWorkingDir: import.meta.dirname,
        entryPoints: ["page-script.ts"],
        bundle: true,
        write: false,
        format: "esm",
        conditions: ["@saoma/source"],
        plugins: [cssAsText],
      });
      this.#script = outputFiles[0]?.text ?? "";
      this.#browser = await chromium.launch({
        executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
        args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
      });
    });
    afterAll(() => this.#browser?.close());
    beforeEach(async () => {
      this.#gateway = await this.startGateway();
    });
    afterEach(async () => {
      for (const context of this.#browser?.contexts() ?? []) await context.close();
      await this.#gateway?.stop();
    });
  }

  get gateway(): ScriptedGateway {
    if (this.#gateway === undefined) throw new Error("no test is running");
    return this.#gateway;
  }

  startGateway(): Promise<ScriptedGateway> {
    return ScriptedGateway.start(({ url = "" }, response) => {
      const page = ["text/html; charset=utf-8", PAGE] as const;
      const files: Readonly<Record<string, readonly [string, string | Buffer]>> = {
        "/script.js": ["text/javascript", this.#script],
        "/assets/qr-login.css": ["text/css", readFileSync(STYLESHEET)],
        "/page": page,
        "/callback": page,
      };
      const found = files[url.split("?")[0] ?? ""];
      if (found === undefined) return false;
      const [type, body] = found;
      response.writeHead(200, { "content-type": type, "content-security-policy": POLICY }).end(body);
      return true;
    });
  }

  /** Opens a page without an element, but with the script that defines it. */
  async openEmpty(options: BrowserContextOptions = {}): Promise<ElementPage> {
    if (this.#browser === undefined) throw new Error("no test is running");
    const page = await this.#browser.newPage(options);
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => {
      if (/content security policy|trusted ?(type|script)/i.test(message.text())) errors.push(message.text());
    });
    await page.clock.install();
    await page.goto(`${this.gateway.origin}/page`);
    return new ElementPage(page, errors);
  }

  /** Opens a page with an element that has the required attributes and these, in English. */
  async open(attributes: Attributes = {}, options: BrowserContextOptions = {}): Promise<ElementPage> {
    const opened = await this.openEmpty(options);
    await opened.insert({ locale: "en", ...REQUIRED, ...attributes });
    return opened;
  }

  /** Opens a page that shows a code. */
  async openWaiting(
    attributes: Attributes = {},
    options: BrowserContextOptions = {},
  ): Promise<{ page: ElementPage; connection: BrowserConnection }> {
    const page = await this.open(attributes, options);
    const connection = await this.gateway.nextConnection();
    connection.send(opened);
    // A phone keeps the code folded.
    await page.shows("waiting");
    return { page, connection };
  }
}

/** Driver of the element on a page, which finds its parts as a person does. */
export class ElementPage {
  readonly code: Locator;
  readonly status: Locator;

  constructor(
    readonly page: Page,
    /** Errors of scripts and breaches of the policy so far. */
    readonly errors: readonly string[],
  ) {
    this.code = page.getByRole("img", { name: /QR code|二维码/ });
    this.status = page.getByRole("status");
  }

  /** Inserts an element with these attributes, and notes its events. */
  insert(attributes: Attributes): Promise<void> {
    return this.page.evaluate((attributes) => {
      const element = document.createElement("qr-login");
      for (const [name, value] of Object.entries(attributes)) if (value !== undefined) element.setAttribute(name, value);
      const seen = new Array<string>();
      Object.assign(window, { seen });
      element.addEventListener("saoma-state", ({ state }) => seen.push(state.name));
      document.body.append(element);
    }, attributes);
  }

  /** Sets these attributes in one go, or removes those that are `null`. */
  set(attributes: Readonly<Record<string, string | null>>): Promise<void> {
    return this.page.evaluate((attributes) => {
      const element = document.querySelector("qr-login");
      for (const [name, value] of Object.entries(attributes)) {
        if (value === null) element?.removeAttribute(name);
        else element?.setAttribute(name, value);
      }
    }, attributes);
  }

  /** Waits for the status line to be this. */
  async says(text: string): Promise<void> {
    await expect.poll(() => this.status.textContent()).toBe(text);
  }

  /** Lets seconds pass, with the heartbeats of a gateway that is there. */
  async passes(seconds: number, connection: BrowserConnection): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      if (second % 10 === 0) connection.send({ type: "heartbeat", next_within: 60 });
      await this.page.clock.runFor(1000);
    }
  }

  /** Waits for the view of this name. */
  async shows(view: string): Promise<void> {
    await expect.poll(() => this.page.locator("qr-login").getAttribute("data-state")).toBe(view);
  }

  button(name: string): Locator {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Names of the states that events have brought. */
  get seen(): Promise<readonly string[]> {
    return this.page.evaluate(() => Reflect.get(window, "seen"));
  }
}

export const opened = {
  type: "opened",
  seq: 1,
  login_id: "0123456789ABCDEFGHJKMNPQ",
  receive_key: "A".repeat(43),
  qr: "https://login.example/q/0123456789ABCDEFGHJKMNPQ01234567",
  user_code: "WDJB-MJHT",
  expires_in: 120,
  server_time: 1_790_000_000,
} as const;

/** The scan of a person who is new to the browser. */
export const asking = { type: "scanned", seq: 2, person: "示*", expires_in: 90, agree: true } as const;

export const agreed = { type: "agreed", seq: 3, expires_in: 80 } as const;

export const scanned = { type: "scanned", seq: 2, person: "示*", expires_in: 90 } as const;
