/** Driver of the phone: the app in a narrow window. */
import type { Browser } from "playwright-core";

import { type Citizen, PASSWORD } from "./citizens.ts";
import type { Demo } from "./demo.ts";
import type { Prepare } from "./portal.ts";
import { Surface } from "./surface.ts";
import { openWindow } from "./windows.ts";
import { zh } from "./words.ts";

export class Phone extends Surface {
  readonly kind = "phone";

  /** Opens the app at this address, on a new phone. */
  static async open(browser: Browser, address: string, words = zh, prepare: Prepare = async () => undefined): Promise<Phone> {
    const context = await openWindow(browser, {
      locale: words.tag,
      viewport: { width: 360, height: 740 },
      permissions: ["camera"],
    });
    await prepare(context);
    const phone = new Phone(await context.newPage(), words);
    await phone.page.goto(address);
    await phone.isAt("/login");
    return phone;
  }

  /** Opens the app on a new phone and logs this person in. */
  static async of(citizen: Citizen, browser: Browser, demo: Demo, words = zh, prepare?: Prepare): Promise<Phone> {
    const phone = await Phone.open(browser, `${demo.addresses.phone}/login`, words, prepare);
    await phone.logIn(citizen.userName, PASSWORD);
    return phone;
  }

  /** Logs in by password, at the login page. */
  async logIn(userName: string, password: string): Promise<void> {
    await this.page.getByLabel(this.words.userName).fill(userName);
    await this.page.getByLabel(this.words.password).fill(password);
    await this.page.getByRole("main").getByRole("button", { name: this.words.logIn }).click();
    await this.isAt("/");
  }

  /** Opens the scan page. */
  async openScan(): Promise<void> {
    await this.page.getByRole("link", { name: this.words.scan }).first().click();
    await this.isAt("/scan");
  }

  /** Has the camera's element report this text, which saves a picture of the code. */
  async paste(text: string): Promise<void> {
    await this.openScan();
    await this.reads(text);
  }

  /** The same at the scan page. */
  async reads(text: string): Promise<void> {
    await this.page.waitForFunction(() => customElements.get("scan-camera") !== undefined);
    await this.page.evaluate((text) => document.dispatchEvent(new CustomEvent("scan-code", { detail: { text } })), text);
  }

  /** Scans by typing the user code. */
  async type(userCode: string): Promise<void> {
    await this.openScan();
    await this.page.getByRole("textbox", { name: this.words.typed }).fill(userCode);
    await this.page.getByRole("textbox", { name: this.words.typed }).press("Enter");
  }

  /** Waits for the confirmation page. */
  async isAsked(): Promise<void> {
    await this.page.waitForURL((url) => url.pathname.startsWith("/logins/"));
  }

  /** Chooses an identity. A person who has only one is shown it and chooses nothing. */
  async choose(identity: string | RegExp): Promise<void> {
    await this.isAsked();
    const only = this.page.locator(".pick.only").filter({ hasText: identity });
    if ((await only.count()) === 0) await this.page.getByRole("radio", { name: identity }).check();
  }

  async confirm(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.confirm }).click();
  }

  async decline(): Promise<void> {
    await this.page.getByRole("button", { name: this.words.decline }).first().click();
  }
}
