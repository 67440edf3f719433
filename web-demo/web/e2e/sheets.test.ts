/** Every page and state in every look and window, as contact sheets. With LONG=1: `every-page.test.ts` looks at the pages in short. */
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, YI } from "./citizens.ts";
import { ContactSheets, WINDOWS } from "./contact-sheets.ts";
import { Demo } from "./demo.ts";
import { FORMS, PERSONAL, PHONE, PUBLIC, UNIT } from "./pages.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { en, zh } from "./words.ts";

const LOOKS = ["light", "dark", "large"] as const;

/** A walk of some eighty pages in five windows. */
const TIME_LIMIT_MS = 900_000;

/** A laptop's window at 100 % and at 400 % zoom (WCAG 2.2, 1.4.10). */
const ZOOMED = [{ width: 1280, height: 720 }, { width: 320, height: 256 }];

/** Pages of each surface that are looked at in forced colours and at 400 % zoom. */
const MAIN_PAGES = ["/", "/login", "/login/password", "/register", "/help", "/nowhere"];
const MAIN_PERSONAL = ["/", "/details", "/insurance/pension", "/insurance/statement", "/exams", "/account/details"];
const MAIN_PHONE = ["/", "/scan", "/sessions", "/card"];

/** Codes of three seconds, which are renewed once. */
const SHORT_LIVES = { SAOMA_LIFETIMES_CODE: "3s", SAOMA_LIFETIMES_WAITING: "6s" };

const isLong = Boolean(process.env["LONG"]);

let demo: Demo;
let browser: Browser;

describe.skipIf(!isLong)("contact sheets", () => {
  beforeAll(async () => {
    [demo, browser] = await Promise.all([Demo.start(), launchBrowser()]);
  });

  afterAll(async () => {
    await browser?.close();
    await demo?.stop();
  });

  describe.each([zh, en])("in $tag", (words) => {
    test.each(LOOKS)("%s", { timeout: TIME_LIMIT_MS }, async (look) => {
      // Dark pages are laid out as light ones: there the contrasts are looked at once.
      const sheets = new ContactSheets(`${words.tag}-${look}`, WINDOWS, look === "dark" ? [360] : [360, 1366]);
      await sheets.clear();
      const { portal: hall, phone: app } = demo.addresses;
      const prepare = async (context: BrowserContext) => {
        await context.addCookies(["lang", "text_size"].map((name) => ({ name, value: name === "lang" ? words.tag : look === "large" ? "large" : "standard", domain: "127.0.0.1", path: "/" })));
      };
      const inLook = async <S extends Portal | Phone>(surface: S): Promise<S> => {
        await surface.page.emulateMedia({ colorScheme: look === "dark" ? "dark" : "light", reducedMotion: "reduce" });
        return surface;
      };
      try {
        const portal = await inLook(await Portal.open(browser, demo, words, prepare));
        const phone = await inLook(await Phone.of(JIA, browser, demo, words, prepare));
        // The states of a login at the hall's own page and at the gateway's.
        for (const path of ["/login", "/login/hosted"]) {
          const computer = await inLook(await Portal.openAt(browser, hall + path, words, prepare));
          const panel = { selector: "qr-login", widths: look === "large" ? [] : [1366, 1920] };
          await sheets.see(computer.page, `${path} waiting`, panel);
          const stranger = await inLook(await Phone.of(YI, browser, demo, words, prepare));
          await stranger.type((await computer.codes()).userCode);
          await stranger.isAsked();
          await computer.says(words.asked);
          await sheets.see(computer.page, `${path} asked`, panel);
          await sheets.see(stranger.page, `confirmation ${path}`, { selector: "main button", widths: look === "large" ? [] : [360, 390] });
          await stranger.choose(words.personal);
          await stranger.confirm();
          await stranger.page.getByRole("button", { name: words.pressedYes }).waitFor();
          await sheets.see(stranger.page, `confirmation ${path} before the computer's yes`);
          await computer.agrees(words.notMe);
          await computer.says(words.wasNotMe);
          await sheets.see(computer.page, `${path} not me`, panel);
          await computer.pressUntil(words.newCode, () => computer.hasCode());
          await stranger.page.goto(`${app}/`);
          await stranger.type((await computer.codes()).userCode);
          await stranger.choose(words.personal);
          await computer.agrees();
          await computer.says(words.scanned);
          await sheets.see(computer.page, `${path} scanned`, panel);
          // The hosted page leads back after five seconds; an answer without content leaves it where it is.
          if (path === "/login/hosted") await computer.page.route("**/callback?**", (route) => route.fulfill({ status: 204 }));
          await stranger.decline();
          await computer.says(words.declined);
          await sheets.see(computer.page, `${path} declined`, panel);
          await sheets.see(stranger.page, `declined ${path}`);
          sheets.faults.push(...computer.errors, ...stranger.errors);
          await Promise.all([computer.close(), stranger.close()]);
        }
        await portal.page.goto(demo.messages);
        for (const path of [...PUBLIC, ...FORMS]) {
          await portal.page.goto(hall + path);
          await sheets.see(portal.page, `portal ${path}`);
        }
        await portal.logInBy(phone);
        await sheets.see(phone.page, "phone confirmed");
        for (const path of PERSONAL) {
          await portal.page.goto(hall + path);
          await sheets.see(portal.page, `person ${path}`);
        }
        for (const path of ["/", ...PHONE]) {
          await phone.page.goto(app + path);
          await sheets.see(phone.page, `phone ${path}`);
        }
        const unit = await inLook(await Portal.open(browser, demo, words, prepare));
        await unit.logInBy(await Phone.of(YI, browser, demo, words), /示例单位一/);
        for (const path of ["/", ...UNIT]) {
          await unit.page.goto(hall + path);
          await sheets.see(unit.page, `unit ${path}`);
        }
        const visitor = await inLook(await Phone.open(browser, `${app}/login`, words, prepare));
        for (const path of ["/login", "/login/face", "/register", "/login/forgotten"]) {
          await visitor.page.goto(app + path);
          await sheets.see(visitor.page, `phone ${path}`);
        }
        sheets.faults.push(...[portal, phone, unit, visitor].flatMap(({ errors }) => errors));
      } catch (error) {
        // The sheets show how far it came.
        sheets.faults.push(String(error));
      }
      await sheets.layOut(browser);
      expect(sheets.faults).toEqual([]);
    });
  });

  test("in forced colours and at a zoom of 400 %", { timeout: TIME_LIMIT_MS }, async () => {
    const { portal: hall, phone: app } = demo.addresses;
    const portal = await Portal.open(browser, demo, zh);
    const phone = await Phone.of(JIA, browser, demo, zh);
    const see = async (sheets: ContactSheets, page: Page, at: string, paths: readonly string[]) => {
      for (const path of paths) {
        await page.goto(at + path);
        if (path === "/login") await portal.showsCode();
        await sheets.see(page, `${page === phone.page ? "phone" : "portal"} ${path}`);
      }
    };
    const looks = [new ContactSheets("forced-colours", ZOOMED.slice(0, 1), []), new ContactSheets("zoom-400", ZOOMED.slice(1), [320])];
    const inEach = async (see: (sheets: ContactSheets) => Promise<void>) => {
      for (const [index, sheets] of looks.entries()) {
        const forcedColors = index === 0 ? "active" : "none";
        for (const { page } of [portal, phone]) await page.emulateMedia({ forcedColors, reducedMotion: "reduce" });
        await see(sheets);
      }
    };
    for (const sheets of looks) await sheets.clear();
    await inEach((sheets) => see(sheets, portal.page, hall, MAIN_PAGES));
    await portal.logInBy(phone);
    await inEach(async (sheets) => {
      await see(sheets, portal.page, hall, MAIN_PERSONAL);
      await see(sheets, phone.page, app, MAIN_PHONE);
    });
    for (const sheets of looks) await sheets.layOut(browser);
    expect([...looks.flatMap(({ faults }) => faults), ...portal.errors, ...phone.errors]).toEqual([]);
  });

  test.each([zh, en])("of an expired code and one that another window took over, in $tag", { timeout: TIME_LIMIT_MS }, async (words) => {
    const hasty = await Demo.start(SHORT_LIVES);
    try {
      const sheets = new ContactSheets(`${words.tag}-ended`);
      await sheets.clear();
      for (const path of ["/login", "/login/hosted"]) {
        const computer = await Portal.openAt(browser, hasty.addresses.portal + path, words);
        await computer.says(words.expired);
        const panel = { selector: "qr-login", widths: [1366, 1920] };
        await sheets.see(computer.page, `${path} expired`, panel);
        // A window that this one opens has its session storage, as a duplicate of the tab does.
        await computer.press(words.newCode);
        await computer.showsCode();
        await computer.page.evaluate(() => void window.open(location.href));
        await computer.page.waitForFunction(() => Reflect.get(window, "view")?.name === "superseded");
        await sheets.see(computer.page, `${path} taken over`, panel);
        sheets.faults.push(...computer.errors);
        await computer.close();
      }
      await sheets.layOut(browser);
      expect(sheets.faults).toEqual([]);
    } finally {
      await hasty.stop();
    }
  });
});
