/** Driver of a window of the hall or of the app, which finds everything by its text. */
import type { Page } from "playwright-core";

import { watchForErrors } from "./page-checks.ts";
import type { Words } from "./words.ts";

export abstract class Surface {
  /** Name of the surface in file names. */
  abstract readonly kind: "portal" | "phone";
  /** Script errors and breaches of the policy so far. */
  readonly errors: readonly string[];

  protected constructor(
    readonly page: Page,
    readonly words: Words,
  ) {
    this.errors = watchForErrors(page);
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  /** Ticks the page's only checkbox. */
  async agree(): Promise<void> {
    await this.page.getByRole("checkbox").check();
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).last().click();
  }

  /** Clicks the first link of this name outside of header and menu. */
  async follow(name: string | RegExp): Promise<void> {
    await this.page.getByRole("main").getByRole("link", { name }).first().click();
  }

  /** Waits for this text on the page. */
  async shows(words: string | RegExp): Promise<void> {
    await this.page.getByRole("main").getByText(words).first().waitFor();
  }

  async isAt(path: string): Promise<void> {
    await this.page.waitForURL((url) => url.pathname === path);
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}
