/** Two people on their way through the manual, with their devices. */
import { expect } from "vitest";
import type { Browser } from "playwright-core";

import type { Camera } from "../camera.ts";
import type { Demo } from "../demo.ts";
import { codeSentTo } from "../messages.ts";
import { holds } from "../page-checks.ts";
import { Phone } from "../phone.ts";
import { Portal } from "../portal.ts";
import type { Surface } from "../surface.ts";
import type { Artefacts } from "./artefacts.ts";
import type { RowWords } from "./words.ts";

/** Password of both. */
export const PASSWORD = "k7m2xq";

/** Resources of a walk. */
export interface WalkContext {
  readonly says: RowWords;
  readonly demo: Demo;
  readonly artefacts: Artefacts;
  /** Browser of all devices except the phone with a camera. */
  readonly browser: Browser;
  /** Points at a blinking face until a row points it elsewhere. */
  readonly camera: Camera;
  readonly withCamera: Browser;
}

export class Walk {
  private constructor(
    private readonly context: WalkContext,
    /** Devices of 示例子, who has no unit: a phone with a camera, and a computer. */
    readonly phone: Phone,
    readonly computer: Portal,
    /** Devices of 示例戌, who represents 示例单位三: a phone without a camera, and a computer. */
    readonly hisPhone: Phone,
    readonly hisComputer: Portal,
  ) {}

  /** Opens the first pages of hall and app for both. */
  static async begin(context: WalkContext): Promise<Walk> {
    const { says, demo, browser, withCamera } = context;
    const phone = await Phone.open(withCamera, demo.addresses.phone, says);
    const computer = await Portal.visit(browser, demo.addresses.portal, says);
    const hisPhone = await Phone.open(browser, demo.addresses.phone, says);
    const hisComputer = await Portal.visit(browser, demo.addresses.portal, says);
    return new Walk(context, phone, computer, hisPhone, hisComputer);
  }

  get says(): RowWords {
    return this.context.says;
  }

  get demo(): Demo {
    return this.context.demo;
  }

  get surfaces(): readonly Surface[] {
    return [this.phone, this.computer, this.hisPhone, this.hisComputer];
  }

  /** Saves a picture of this row, and checks the rules of every page. */
  async see(row: string, surface: Surface, what?: string): Promise<void> {
    await this.context.artefacts.keep(row, surface, what);
    expect(await surface.page.locator("html").getAttribute("lang")).toBe(this.says.tag);
    await holds(surface.page);
  }

  /** Saves pictures of all windows after a row failed. */
  async seeFailure(): Promise<void> {
    for (const [place, surface] of this.surfaces.entries()) await this.context.artefacts.keep("failed", surface, String(place + 1));
  }

  /** Returns the code in the last short message to this phone. */
  codeSentTo(phone: string): Promise<string> {
    return codeSentTo(phone, this.context.browser, this.demo);
  }

  /** Opens the authority's desk where it adds operators, in a window of its own. */
  async openDesk(): Promise<Portal> {
    const desk = await Portal.visit(this.context.browser, this.demo.messages, this.says);
    await desk.page.goto(`${this.demo.addresses.portal}/developer/desk/operators`);
    return desk;
  }

  /** Waits for this step of the web registration, counted from 0. */
  async isAtStep(index: number): Promise<void> {
    await this.hisComputer.page.locator("[aria-current=step]", { hasText: this.says.steps[index] ?? "" }).waitFor();
  }

  /** Has 示例子 show her face, and waits for the path after it is recognised. */
  async showFace(then: string): Promise<void> {
    await this.phone.press(this.says.showFace);
    await this.phone.isAt(then);
  }

  /** Has 示例子 point the phone's camera at the code on the computer. */
  async scan(): Promise<void> {
    await this.context.camera.holdTo(this.computer.page);
    await this.phone.openScan();
  }

  /** Completes the last step of the application for the e-card. */
  async setCardPassword(phone: Phone): Promise<void> {
    await phone.fill(this.says.eCardPassword, "271828");
    await phone.fill(this.says.again, "271828");
    await phone.press(this.says.apply);
    await phone.shows(this.says.issued);
  }
}
