/** Driver of the computer: a window of the portal. */
import type { Browser, BrowserContext } from "playwright-core";

import type { Demo } from "./demo.ts";
import type { Phone } from "./phone.ts";
import { Surface } from "./surface.ts";
import { openWindow } from "./windows.ts";
import { zh } from "./words.ts";

/** The text of a login's QR code, and its user code. */
export interface Codes {
  readonly qr: string;
  readonly userCode: string;
}

/** Prepares a window before its page opens. */
export type Prepare = (context: BrowserContext) => Promise<void>;

/** Size of a window on a computer, in CSS pixels. */
export const COMPUTER = { width: 1024, height: 768 };

export class Portal extends Surface {
  readonly kind = "portal";

  /** Opens the portal's login page in a new window and waits for its code. */
  static open(browser: Browser, demo: Demo, words = zh, prepare?: Prepare): Promise<Portal> {
    return Portal.openAt(browser, `${demo.addresses.portal}/login`, words, prepare);
  }

  /** Opens the login page of the portal or of the gateway, and waits for its code. */
  static async openAt(browser: Browser, address: string, words = zh, prepare?: Prepare): Promise<Portal> {
    const portal = await Portal.visit(browser, address, words, prepare);
    await portal.showsCode();
    return portal;
  }

  /** Opens any page in a new window. */
  static async visit(browser: Browser, address: string, words = zh, prepare: Prepare = async () => undefined): Promise<Portal> {
    const context: BrowserContext = await openWindow(browser, { locale: words.tag, viewport: COMPUTER });
    await prepare(context);
    const portal = new Portal(await context.newPage(), words);
    await portal.page.addInitScript(() => {
      document.addEventListener("saoma-state", (event) => event instanceof CustomEvent && Object.assign(window, { view: event.detail }));
    });
    await portal.page.goto(address);
    return portal;
  }

  async showsCode(): Promise<void> {
    await this.page.getByRole("img", { name: /二维码|QR code/ }).waitFor();
  }

  /** Waits for these texts in the status line. */
  async says(...words: readonly string[]): Promise<void> {
    await words.reduce((line, text) => line.filter({ hasText: text }), this.page.getByRole("status")).waitFor();
  }

  /** Waits for the scan. If the person is new to this browser, answers the question, with a yes if not told otherwise. */
  async agrees(answer = this.words.yes): Promise<void> {
    const scanned = () => {
      const { name, mustAgree } = Reflect.get(window, "view") ?? {};
      return name === "scanned" ? { mustAgree } : undefined;
    };
    const view = await this.page.waitForFunction(scanned);
    if (!(await view.jsonValue())?.mustAgree) return;
    await this.pressUntilGone(answer);
  }

  /** Returns true while the question is asked. */
  isAsked(): Promise<boolean> {
    return this.page.evaluate(() => Reflect.get(window, "view")?.mustAgree === true);
  }

  /** Returns true while a code is on the screen. */
  hasCode(): Promise<boolean> {
    return this.page.evaluate(() => Reflect.get(window, "view")?.name === "waiting");
  }

  /** Presses a button until `isDone`. */
  async pressUntil(name: string, isDone: () => Promise<boolean>): Promise<void> {
    const button = this.page.getByRole("button", { name, exact: true });
    while (!(await isDone())) await button.click({ timeout: 1000 }).catch(() => undefined);
  }

  /** Presses a button that is ignored for half a second after a question has come or gone. */
  async pressUntilGone(name: string): Promise<void> {
    const button = this.page.getByRole("button", { name, exact: true });
    await this.pressUntil(name, async () => !(await button.isVisible()));
  }

  /** Returns the codes from the last event of the element, which saves reading the QR code off the screen. */
  codes(): Promise<Codes> {
    return this.page.evaluate(() => {
      const { qr, userCode } = Reflect.get(window, "view");
      return { qr, userCode };
    });
  }

  /** Waits for a different code. */
  async showsCodeOtherThan(old: Codes): Promise<Codes> {
    await this.page.waitForFunction((qr) => (Reflect.get(window, "view")?.qr ?? qr) !== qr, old.qr);
    return this.codes();
  }

  /** Waits for the home page with this name. */
  async greets(name: string): Promise<void> {
    await this.isAt("/");
    await this.page.getByRole("main").getByText(name).first().waitFor();
  }

  /** Logs in with a phone that types the code. */
  async logInBy(phone: Phone, identity: RegExp = this.words.personal): Promise<void> {
    await this.page.goto(new URL("/login", this.page.url()).href);
    await this.showsCode();
    await phone.type((await this.codes()).userCode);
    await phone.choose(identity);
    await this.agrees();
    await phone.confirm();
    await this.isAt("/");
  }

  async logOut(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.logOut }).click();
  }
}
