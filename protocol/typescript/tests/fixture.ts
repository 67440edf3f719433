/** A scripted gateway for each test of a file, and pages that connect to it. */
import { afterEach, beforeEach, expect } from "vitest";
import type { LoginOptions } from "../src/index.ts";
import { opened } from "./messages.ts";
import { Page } from "./page.ts";
import { ScriptedGateway, type BrowserConnection } from "./scripted-gateway.ts";

/** Is created once in a file, before its tests. */
export class Fixture {
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

  /** Opens a page and sends it a code. */
  async openWaiting(options?: Partial<LoginOptions>): Promise<{ page: Page; connection: BrowserConnection }> {
    const page = this.open(options);
    const connection = await this.gateway.nextConnection();
    connection.send(opened);
    await connection.followed;
    await page.shows("waiting", { connected: true });
    return { page, connection };
  }
}

/** Returns the `resume` of a browser that has seen the messages up to `last_seq`. */
export const resumeFrom = (last_seq: number, attempt: number = expect.any(Number)) => ({
  type: "resume",
  login_id: opened.login_id,
  receive_key: opened.receive_key,
  last_seq,
  attempt,
});
