/** Driver of a narrow window that can send any form. */
import type { Browser, BrowserContext, Page } from "playwright-core";

import { PASSWORD } from "./citizens.ts";
import type { Demo } from "./demo.ts";
import type { Words } from "./words.ts";

export type Surface = "portal" | "phone";

/** Fields of a form, by name. */
export type Fields = Readonly<Record<string, string>>;

export class Visitor {
  private constructor(
    readonly page: Page,
    private readonly demo: Demo,
  ) {}

  static async open(browser: Browser, demo: Demo): Promise<Visitor> {
    return Visitor.at({ page: await browser.newPage({ locale: "zh-CN" }) }, demo);
  }

  /** Creates the visitor of an open window. */
  static async at({ page }: { readonly page: Page }, demo: Demo): Promise<Visitor> {
    await page.setViewportSize({ width: 360, height: 740 });
    // The contrast of a colour in transition cannot be measured.
    await page.emulateMedia({ reducedMotion: "reduce" });
    return new Visitor(page, demo);
  }

  get context(): BrowserContext {
    return this.page.context();
  }

  /** Sets the language of all pages. */
  async setLanguage({ tag }: Words): Promise<void> {
    await this.context.addCookies([{ name: "lang", value: tag, domain: "127.0.0.1", path: "/" }]);
  }

  /** Opens a page and returns its status. */
  async opens(surface: Surface, path: string): Promise<number | undefined> {
    return (await this.page.goto(this.demo.addresses[surface] + path))?.status();
  }

  /** Logs in by password. */
  async logsIn(surface: Surface, userName: string): Promise<this> {
    const path = surface === "portal" ? "/login/password" : "/login";
    await this.try(surface, path, { user_name: userName, password: PASSWORD });
    return this;
  }

  /** Sends a form outside of the window, `times` times. */
  async try(surface: Surface, path: string, form: Fields, times = 1): Promise<void> {
    const origin = this.demo.addresses[surface];
    // A form is sent from a page, which sets a cookie.
    await this.context.request.get(`${origin}/login`);
    for (let sent = 0; sent < times; sent++) {
      await this.context.request.post(origin + path, { form, headers: { origin } });
    }
  }

  /** Sends a form in the window without the browser's own validation, and returns the status of the new page. */
  async sends(surface: Surface, path: string, fields: Fields): Promise<number | undefined> {
    const origin = this.demo.addresses[surface];
    if (!this.page.url().startsWith(`${origin}/`)) await this.page.goto(`${origin}/nowhere`);
    return this.submits(origin + path, fields);
  }

  /** Sends a form from the current page. */
  async submits(action: string, fields: Fields): Promise<number | undefined> {
    const answered = this.page.waitForNavigation();
    await this.page.evaluate(
      ({ action, fields }) => {
        const form = Object.assign(document.createElement("form"), { method: "post", action });
        for (const [name, value] of Object.entries(fields)) {
          form.append(Object.assign(document.createElement("textarea"), { name, value }));
        }
        document.body.append(form);
        form.submit();
      },
      { action, fields },
    );
    return (await answered)?.status();
  }

  /** Returns the values of the fields of these names, if the page has them. */
  async typed(names: readonly string[]): Promise<Fields> {
    const fields = this.page.locator("form :is(input:not([type=hidden], [type=checkbox]), textarea)");
    const pairs = await fields.evaluateAll((fields) =>
      fields.map((field) => [field.getAttribute("name") ?? "", Reflect.get(field, "value")] as const),
    );
    return Object.fromEntries(pairs.filter(([name]) => names.includes(name)));
  }
}
