/** Two people on their way through the manual, and what each has before them. */
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

/** The password that both choose. */
export const PASSWORD = "k7m2xq";

/** What a walk needs before it begins. */
export interface Ground {
  readonly says: RowWords;
  readonly demo: Demo;
  readonly artefacts: Artefacts;
  /** The browser of everything but the phone with a camera. */
  readonly browser: Browser;
  /** Held to a blinking face, until a row holds it elsewhere. */
  readonly camera: Camera;
  readonly withCamera: Browser;
}

export class Walk {
  private constructor(
    private readonly ground: Ground,
    /** 示例子, of no unit: a phone with a camera, and a computer. */
    readonly phone: Phone,
    readonly computer: Portal,
    /** 示例戌, who represents 示例单位三: a phone without, and a computer. */
    readonly hisPhone: Phone,
    readonly hisComputer: Portal,
  ) {}

  /** Both stand before the first pages of hall and app. */
  static async begin(ground: Ground): Promise<Walk> {
    const { says, demo, browser, withCamera } = ground;
    const phone = await Phone.open(withCamera, demo.addresses.phone, says);
    const computer = await Portal.visit(browser, demo.addresses.portal, says);
    const hisPhone = await Phone.open(browser, demo.addresses.phone, says);
    const hisComputer = await Portal.visit(browser, demo.addresses.portal, says);
    return new Walk(ground, phone, computer, hisPhone, hisComputer);
  }

  get says(): RowWords {
    return this.ground.says;
  }

  get demo(): Demo {
    return this.ground.demo;
  }

  get surfaces(): readonly Surface[] {
    return [this.phone, this.computer, this.hisPhone, this.hisComputer];
  }

  /** Keeps a picture of this row, and sees to it that the page is as every page must be. */
  async see(row: string, surface: Surface, what?: string): Promise<void> {
    await this.ground.artefacts.keep(row, surface, what);
    expect(await surface.page.locator("html").getAttribute("lang")).toBe(this.says.tag);
    await holds(surface.page);
  }

  /** Keeps pictures of where everybody was when a row failed. */
  async seeFailure(): Promise<void> {
    for (const [place, surface] of this.surfaces.entries()) await this.ground.artefacts.keep("failed", surface, String(place + 1));
  }

  /** The code of the last short message to this phone. */
  codeSentTo(phone: string): Promise<string> {
    return codeSentTo(phone, this.ground.browser, this.demo);
  }

  /** The web registration's stepper is at this step, counted from 0. */
  async isAtStep(index: number): Promise<void> {
    await this.hisComputer.page.locator("[aria-current=step]", { hasText: this.says.steps[index] ?? "" }).waitFor();
  }

  /** 示例子 shows her face, and is at this path once it is known. */
  async showFace(then: string): Promise<void> {
    await this.phone.press(this.says.showFace);
    await this.phone.isAt(then);
  }

  /** 示例子 holds the phone's camera to the code on the computer. */
  async scan(): Promise<void> {
    await this.ground.camera.holdTo(this.computer.page);
    await this.phone.openScan();
  }

  /** The last step of applying for the electronic card. */
  async setCardPassword(phone: Phone): Promise<void> {
    await phone.fill(this.says.eCardPassword, "271828");
    await phone.fill(this.says.again, "271828");
    await phone.press(this.says.apply);
    await phone.shows(this.says.issued);
  }
}
