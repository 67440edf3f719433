/** The computer: a window of the portal, and what its person sees and does there. */
import type { Browser, BrowserContext } from "playwright-core";

import type { Demo } from "./demo.ts";
import type { Phone } from "./phone.ts";
import { Surface } from "./surface.ts";
import { zh } from "./words.ts";

/** What the login's QR code and its typed twin say. */
export interface Codes {
  readonly qr: string;
  readonly userCode: string;
}

/** What is done to the window before the page opens in it. */
export type Prepare = (context: BrowserContext) => Promise<void>;

/** How wide a window on a computer is, in CSS pixels. */
export const COMPUTER = { width: 1024, height: 768 };

export class Portal extends Surface {
  readonly kind = "portal";

  /** Opens the portal's login page in a window of its own and waits for its code. */
  static open(browser: Browser, demo: Demo, words = zh, prepare?: Prepare): Promise<Portal> {
    return Portal.openAt(browser, `${demo.addresses.portal}/login`, words, prepare);
  }

  /** Opens a login page, the portal's or one that the gateway hosts, and waits for its code. */
  static async openAt(browser: Browser, address: string, words = zh, prepare?: Prepare): Promise<Portal> {
    const portal = await Portal.visit(browser, address, words, prepare);
    await portal.showsCode();
    return portal;
  }

  /** Opens any page in a window of its own. */
  static async visit(browser: Browser, address: string, words = zh, prepare: Prepare = async () => undefined): Promise<Portal> {
    const context: BrowserContext = await browser.newContext({ locale: words.tag, viewport: COMPUTER });
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

  /** The status line says this. */
  async says(...words: readonly string[]): Promise<void> {
    await words.reduce((line, text) => line.filter({ hasText: text }), this.page.getByRole("status")).waitFor();
  }

  /** What the code that is shown now says: the code itself would have to be photographed. */
  codes(): Promise<Codes> {
    return this.page.evaluate(() => {
      const { qr, userCode } = Reflect.get(window, "view");
      return { qr, userCode };
    });
  }

  /** Waits for a code other than this one. */
  async showsCodeOtherThan(old: Codes): Promise<Codes> {
    await this.page.waitForFunction((qr) => (Reflect.get(window, "view")?.qr ?? qr) !== qr, old.qr);
    return this.codes();
  }

  /** The home page greets by name. */
  async greets(name: string): Promise<void> {
    await this.isAt("/");
    await this.page.getByRole("main").getByText(name).first().waitFor();
  }

  /** Logs in by a phone that types the code. */
  async logInBy(phone: Phone, identity: RegExp = this.words.personal): Promise<void> {
    await this.page.goto(new URL("/login", this.page.url()).href);
    await this.showsCode();
    await phone.type((await this.codes()).userCode);
    await phone.choose(identity);
    await phone.confirm();
    await this.isAt("/");
  }

  async logOut(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.logOut }).click();
  }
}
