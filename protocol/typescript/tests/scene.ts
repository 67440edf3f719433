/** A scripted gateway for each test of a file, and the pages that the test opens at it. */
import { afterEach, beforeEach, expect } from "vitest";
import type { LoginOptions } from "../src/index.ts";
import { opened } from "./messages.ts";
import { Page } from "./page.ts";
import { ScriptedGateway, type Visit } from "./scripted-gateway.ts";

/** Made once in a file, before its tests. */
export class Scene {
  #gateway: ScriptedGateway | undefined;
  readonly #pages: Page[] = [];

  constructor() {
    beforeEach(async () => {
      this.#gateway = await ScriptedGateway.start();
    });
    afterEach(async () => {
      for (const page of this.#pages.splice(0)) page.login.close();
      await this.#gateway?.stop();
    });
  }

  get gateway(): ScriptedGateway {
    if (this.#gateway === undefined) throw new Error("no test is running");
    return this.#gateway;
  }

  open(options?: Partial<LoginOptions>): Page {
    const page = new Page(this.gateway.origin, options);
    this.#pages.push(page);
    return page;
  }

  /** Opens a login and shows its code. */
  async openWaiting(options?: Partial<LoginOptions>): Promise<{ page: Page; visit: Visit }> {
    const page = this.open(options);
    const visit = await this.gateway.visit();
    visit.send(opened);
    await visit.followed;
    await page.shows("waiting", { connected: true });
    return { page, visit };
  }
}

/** The message with which a browser comes back that has seen so much. */
export const resumeFrom = (last_seq: number, attempt: number = expect.any(Number)) => ({
  type: "resume",
  login_id: opened.login_id,
  receive_key: opened.receive_key,
  last_seq,
  attempt,
});
