/** The phone: the app in a narrow window, and what its person sees and does there. */
import type { Browser, Page } from "playwright-core";

import { type Citizen, PASSWORD } from "./citizens.ts";
import type { Demo } from "./demo.ts";
import { watchForErrors } from "./page-checks.ts";
import { type Words, zh } from "./words.ts";

export class Phone {
  private constructor(
    readonly page: Page,
    readonly words: Words,
    /** Script errors and breaches of the policy so far. */
    readonly errors: readonly string[],
  ) {}

  /** Opens the app on a phone of its own and logs this person in to it. */
  static async of(citizen: Citizen, browser: Browser, demo: Demo, words = zh): Promise<Phone> {
    const context = await browser.newContext({
      locale: words.tag,
      viewport: { width: 360, height: 740 },
      permissions: ["camera"],
    });
    const page = await context.newPage();
    const phone = new Phone(page, words, watchForErrors(page));
    await page.goto(`${demo.addresses.phone}/login`);
    await page.getByLabel(words.userName).fill(citizen.userName);
    await page.getByLabel(words.password).fill(PASSWORD);
    await page.getByRole("main").getByRole("button", { name: words.logIn }).click();
    await page.waitForURL((url) => url.pathname === "/");
    return phone;
  }

  /** Opens the page that scans. */
  async openScan(): Promise<void> {
    await this.page.getByRole("link", { name: this.words.scan }).first().click();
    await this.page.waitForURL((url) => url.pathname === "/scan");
  }

  /** Scans by pasting what the code says. */
  async paste(qr: string): Promise<void> {
    await this.openScan();
    await this.page.getByRole("textbox", { name: this.words.pasted }).fill(qr);
    await this.page.getByRole("textbox", { name: this.words.pasted }).press("Enter");
  }

  /** Scans by typing the code's short twin. */
  async type(userCode: string): Promise<void> {
    await this.openScan();
    await this.page.getByRole("textbox", { name: this.words.typed }).fill(userCode);
    await this.page.getByRole("textbox", { name: this.words.typed }).press("Enter");
  }

  /** The page shows this somewhere. */
  async shows(words: string | RegExp): Promise<void> {
    await this.page.getByRole("main").getByText(words).first().waitFor();
  }

  async choose(identity: string | RegExp): Promise<void> {
    await this.page.getByRole("radio", { name: identity }).check();
  }

  async confirm(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.confirm }).click();
  }

  async decline(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.decline }).first().click();
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
