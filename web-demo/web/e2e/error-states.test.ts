/** Error pages are pages like any other: accessible, narrow, in both languages, dark and light. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { DING, PASSWORD, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { accessibilityViolations, horizontalOverflow } from "./page-checks.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { type Fields, type Surface, Visitor } from "./visitor.ts";
import { type Words, en, zh } from "./words.ts";

let demo: Demo;
/** A hall without a reachable gateway and registers. */
let alone: Demo;
let browser: Browser;
const visitors = new Map<string, Promise<Visitor>>();

const NOBODY = "http://127.0.0.1:9";
const ALONE = ["--gateway-url", NOBODY, "--client-secret", "a", "--introspection-secret", "b", "--events-secret", "b", "--registers-url", NOBODY, "--registers-token", "c"];

beforeAll(async () => {
  [demo, alone, browser] = await Promise.all([Demo.start(), Demo.start({}, ALONE), launchBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([demo?.stop(), alone?.stop()]);
});

/** Returns the visitor of this name: a logged-in user, or one of several strangers. Each is created once. */
function visitor(who: string, at: Surface): Promise<Visitor> {
  const key = who.startsWith("stranger") ? who : `${who} ${at}`;
  const open = async () => {
    const opened = await Visitor.open(browser, demo);
    return key === who ? opened : opened.logsIn(at, who);
  };
  const found = visitors.get(key) ?? open();
  visitors.set(key, found);
  return found;
}

/** Alternates between Chinese and English. */
const by = (turn: number): Words => (turn % 2 === 0 ? zh : en);

const bothTurns = <T>(states: readonly T[]) => states.map((state, turn) => ({ ...state, words: by(turn) }));

/** A form that is refused, after `before` earlier submissions. */
interface WrongForm {
  readonly what: string;
  readonly who: string;
  readonly at: Surface;
  readonly to: string;
  readonly fields: Fields;
  readonly before?: number;
}

const NAMES = { name: "示例寅", id_number: "990000198008171135" };
const NEW_USER = { user_name: "1", password: "123", confirmation: "124", phone: "1391", code: "1", email: "a", qq: "b", wechat: "!" };
const WRONG = { user_name: "geng", password: "wrong123" };
const RESUME = { education: " ", skills: "", experience: "", wish: "" };
const CARD_PASSWORDS = { password: "492716", repeat: "492717" };

const WRONG_FORMS: readonly WrongForm[] = [
  { what: "a wrong password at the portal", who: "stranger", at: "portal", to: "/login/password", fields: WRONG },
  { what: "a wrong password on the phone", who: "stranger", at: "phone", to: "/login", fields: WRONG },
  { what: "too many passwords at the portal", who: "stranger", at: "portal", to: "/login/password", fields: WRONG, before: 4 },
  { what: "too many passwords on the phone", who: "stranger", at: "phone", to: "/login", fields: WRONG },
  { what: "a typed code that nobody knows", who: "jia", at: "phone", to: "/scan", fields: { user_code: "BBBB-BBBB" } },
  { what: "an ID number that is none, to log in by face", who: "stranger", at: "phone", to: "/login/face", fields: NAMES },
  { what: "an agreement that is not accepted", who: "stranger", at: "portal", to: "/register/agreement", fields: {} },
  { what: "a wrong name and number at the portal", who: "stranger registering", at: "portal", to: "/register/identity", fields: { ...NAMES, name: "" } },
  { what: "a wrong name and number on the phone", who: "stranger", at: "phone", to: "/register/identity", fields: NAMES },
  { what: "a new user with nothing right", who: "stranger identified", at: "portal", to: "/register/user", fields: NEW_USER },
  { what: "a second code too soon", who: "stranger identified", at: "portal", to: "/register/user/code", fields: { ...NEW_USER, phone: "13009700088" }, before: 1 },
  { what: "a code that is none, to verify", who: "ren", at: "portal", to: "/verify/code", fields: { code: "1" } },
  { what: "a wrong card password", who: "ren", at: "phone", to: "/verify/password", fields: { card_password: "111111" } },
  { what: "too many card passwords", who: "ren", at: "portal", to: "/verify/password", fields: { card_password: "111111" }, before: 2 },
  { what: "an e-card without the agreement", who: "wu", at: "phone", to: "/card/apply/face", fields: {} },
  { what: "an e-card with two passwords", who: "wu", at: "phone", to: "/card/apply", fields: { code: "1", ...CARD_PASSWORDS } },
  { what: "an e-card without the right code", who: "wu", at: "phone", to: "/card/apply", fields: { code: "1", password: "492716", repeat: "492716" } },
  { what: "a new password with nothing right", who: "jia", at: "portal", to: "/account/password", fields: { old: "wrong123", new: "1", repeat: "2" } },
  { what: "too many passwords to change one", who: "jia", at: "portal", to: "/account/password", fields: { old: "wrong123", new: "q7wz88", repeat: "q7wz88" }, before: 5 },
  { what: "contacts that are none", who: "jia", at: "portal", to: "/account/details", fields: { email: "a", qq: "b", wechat: "!" } },
  { what: "a resume without a word", who: "jia", at: "portal", to: "/resume", fields: RESUME },
  { what: "an application without a reason", who: "jia", at: "portal", to: "/applications/new/professional-title", fields: { reason: "" } },
  { what: "a question without a question", who: "jia", at: "portal", to: "/questions", fields: { subject: "缴费", body: "" } },
  { what: "an exam that is closed", who: "jia", at: "portal", to: "/exams/computing/register", fields: {} },
  { what: "a card service that is not confirmed", who: "jia", at: "portal", to: "/card/report-loss", fields: {} },
  { what: "a card service that the card does not have", who: "jia", at: "portal", to: "/card/undo-loss", fields: { confirmed: "yes" } },
  { what: "a number that a provisional account has", who: "stranger registering", at: "portal", to: "/register/identity", fields: { name: "示例壬", id_number: "990000199807231097" } },
];

test("strangers come to the steps of registering", async () => {
  for (const who of ["stranger registering", "stranger identified"]) {
    await (await visitor(who, "portal")).try("portal", "/register/agreement", { agreed: "yes" });
  }
  await (await visitor("stranger identified", "portal")).try("portal", "/register/identity", { name: "示例卯", id_number: "990000197301251147" });
});

test.each(bothTurns(WRONG_FORMS))("$what, in $words.tag", async ({ who, at, to, fields, before, words }) => {
  const person = await visitor(who, at);
  await person.try(at, to, fields, before ?? 0);
  await person.setLanguage(words);
  await person.sends(at, to, fields);
  await tellsWhatIsWrong(person, words, fields);
});

/** A page shown in place of another. */
interface Refusal {
  readonly what: string;
  readonly who: string;
  readonly at: Surface;
  readonly path: string;
  /** Fields to send. Without them the page is opened. */
  readonly fields?: Fields;
  readonly status: number;
}

const REFUSALS: readonly Refusal[] = [
  { what: "no such page at the portal", who: "stranger", at: "portal", path: "/nowhere", status: 404 },
  { what: "no such page on the phone", who: "stranger", at: "phone", path: "/nowhere", status: 404 },
  { what: "nobody's application", who: "jia", at: "portal", path: "/applications/999", status: 404 },
  { what: "a form without its fields", who: "stranger", at: "portal", path: "/login/password", fields: {}, status: 422 },
  { what: "a form that is too large", who: "stranger", at: "phone", path: "/login", fields: { user_name: "a".repeat(20_000) }, status: 413 },
  { what: "an answer to no login of this browser", who: "stranger", at: "portal", path: "/callback?state=a&code=b", status: 400 },
  { what: "a form after the session's end", who: "stranger", at: "portal", path: "/account/password", fields: { old: PASSWORD, new: "a", repeat: "b" }, status: 200 },
  { what: "a registration that is over", who: "stranger", at: "phone", path: "/register/user", fields: NEW_USER, status: 200 },
  { what: "insurance of a provisional account", who: "ren", at: "portal", path: "/insurance/pension", status: 403 },
  { what: "the e-card of a provisional account", who: "ren", at: "phone", path: "/card/apply", status: 200 },
  { what: "a code that is no login's", who: "wu", at: "phone", path: "/scan", fields: { text: "https://example.com/" }, status: 400 },
  { what: "a scan without the electronic card", who: "wu", at: "phone", path: "/scan", fields: { user_code: "BBBB-BBBB" }, status: 403 },
  { what: "a link with a code that is none", who: "stranger", at: "phone", path: "/open?code=x", status: 400 },
  { what: "a login that this phone has not scanned", who: "wu", at: "phone", path: "/logins/AAAAAAAAAAAAAAAAAAAAAA/confirm", fields: { identity: "personal" }, status: 409 },
];

test.each(bothTurns(REFUSALS))("$what, in $words.tag", async ({ who, at, path, fields, status, words }) => {
  const person = await visitor(who, at);
  await person.setLanguage(words);
  expect(await (fields === undefined ? person.opens(at, path) : person.sends(at, path, fields))).toBe(status);
  await holds(person, status === 413 || status === 422 ? zh : words);
});

test("a form that another site sends", async () => {
  const person = await visitor("stranger", "portal");
  await person.page.goto("about:blank");
  await person.submits(`${demo.addresses.portal}/login/password`, WRONG);
  await person.page.getByText("请求不是从本网站的页面发出的").waitFor();
  await holds(person, zh);
});

test("two cookies of one name", async () => {
  const person = await Visitor.open(browser, demo);
  const planted = ["/", "/account"].map((path) => ({ name: "shili_hall", value: "planted", domain: "127.0.0.1", path }));
  await person.context.addCookies(planted);
  expect(await person.opens("portal", "/account")).toBe(400);
  await person.page.getByText("同名Cookie").waitFor();
  await holds(person, zh);
});

test.each([zh, en])("a gateway and registers that cannot be reached, in $tag", async (words) => {
  const jia = await Visitor.open(browser, alone);
  for (const at of ["portal", "phone"] as const) await jia.logsIn(at, "jia");
  await jia.setLanguage(words);
  for (const [at, path] of [["portal", "/card/track"], ["phone", "/"]] as const) {
    await jia.opens(at, path);
    await holds(jia, zh);
  }
  // Without the register nobody knows whether the card allows a scan.
  await jia.sends("phone", "/scan", { user_code: "BBBB-BBBB" });
  await holds(jia, zh);
  const stranger = await Visitor.open(browser, alone);
  await stranger.setLanguage(words);
  await stranger.opens("portal", "/login/hosted");
  await stranger.page.getByRole("alert").waitFor();
  await holds(stranger, words);
  await stranger.try("portal", "/register/agreement", { agreed: "yes" });
  await stranger.sends("portal", "/register/identity", { name: "示例子", id_number: "990000199102101110" });
  await tellsWhatIsWrong(stranger, words, {});
});

test.each([zh, en])("logging in without a script, in $tag", async (words) => {
  const person = await Visitor.open(browser, demo);
  await person.setLanguage(words);
  // The markup that a browser without scripts shows, in one that can run the checks.
  await person.page.route("**/login", async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(/<script.*?<\/script>/g, "").replaceAll("noscript>", "div>");
    await route.fulfill({ response, body });
  });
  await person.opens("portal", "/login");
  await person.page.getByText(words === zh ? "JavaScript" : "JavaScript").first().waitFor();
  await holds(person, words);
});

/** Rows S12 and S16. */
test("a unit's agent who lacks a choice, a right, and at last the role", async () => {
  const representative = await Portal.open(browser, demo);
  const phone = await Phone.of(YI, browser, demo);
  await representative.logInBy(phone, /示例单位一/);
  const yi = await Visitor.at(representative, demo);
  await yi.sends("portal", "/delegations", { name: "示", id_number: "1", ends_on: "2020-01-01" });
  await tellsWhatIsWrong(yi, zh, { name: "示", id_number: "1" });
  await yi.setLanguage(en);
  await yi.sends("portal", "/delegations", { name: YI.name, id_number: YI.idNumber, ends_on: nextMonth(), cards: "yes" });
  await tellsWhatIsWrong(yi, en, { name: YI.name, id_number: YI.idNumber });
  await yi.try("portal", "/delegations", { name: DING.name, id_number: DING.idNumber, ends_on: nextMonth(), cards: "yes" });

  const agent = await Portal.open(browser, demo, en);
  const agentsPhone = await Phone.of(DING, browser, demo, en);
  await agentsPhone.type((await agent.codes()).userCode);
  await agentsPhone.page.getByRole("button", { name: en.confirm }).evaluate((button) => Object.assign(button, { formNoValidate: true }));
  await agentsPhone.confirm();
  await tellsWhatIsWrong(await Visitor.at(agentsPhone, demo), en, {});
  await agentsPhone.choose(/示例单位一/);
  await agent.agrees();
  await agentsPhone.confirm();
  await agent.page.waitForURL((url) => url.pathname === "/");
  const ding = await Visitor.at(agent, demo);
  await ding.sends("portal", "/delegations", { name: YI.name });
  await ding.page.getByRole("alert").waitFor();
  await holds(ding, en);
  inDatabase("UPDATE delegations SET ends_on = date('now', '-2 days')");
  await ding.opens("portal", "/");
  await ding.page.getByRole("alert").waitFor();
  await holds(ding, en);
});

/** Returns a valid last day of a delegation. */
function nextMonth(): string {
  return new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString().slice(0, 10);
}

/** Changes the hall's database directly, in place of waiting for days. */
function inDatabase(change: string): void {
  const script = "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.execute(sys.argv[2]); db.commit()";
  execFileSync("python3", ["-c", script, join(demo.data, "hall.sqlite"), change]);
}

/** Expects the error in the title, beside its field and for assistive technology, and the typed values unchanged. */
async function tellsWhatIsWrong(person: Visitor, words: Words, fields: Fields): Promise<void> {
  const { page } = person;
  expect(await page.title()).toMatch(words === zh ? /^错误：/ : /^Error: /);
  const told = await page.locator(":is(.error, .notice[role]):visible").evaluateAll((errors) =>
    errors.map((error) => {
      const field = error.id === "" ? null : document.querySelector(`[aria-describedby~="${error.id}"]`);
      const isOfField = field !== null && (field.matches("fieldset") || field.getAttribute("aria-invalid") === "true");
      return { text: error.textContent, announced: isOfField || error.matches("[role=alert], [role=status]") };
    }),
  );
  const said = told.filter(({ text }) => text?.trim());
  expect(said.length, page.url()).toBeGreaterThan(0);
  expect(said.filter(({ announced }) => !announced)).toEqual([]);
  for (const [name, value] of Object.entries(await person.typed(Object.keys(fields)))) {
    const isSecret = /password|confirmation|repeat|^old$|^new$|^code$/.test(name);
    expect([name, value]).toEqual([name, isSecret ? "" : fields[name]]);
  }
  await holds(person, words);
}

/** Checks the rules of every page, at the width of a phone, light and dark. */
async function holds({ page }: Visitor, words: Words): Promise<void> {
  const about = `${page.url()} ${await page.title()}`;
  expect(await page.locator("html").getAttribute("lang"), about).toBe(words.tag);
  expect(await page.getByRole("heading", { level: 1 }).count(), about).toBe(1);
  expect(await accessibilityViolations(page), about).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  expect(await accessibilityViolations(page, ["color-contrast"]), `${about}, dark`).toEqual([]);
  await page.emulateMedia({ colorScheme: null });
  expect(await horizontalOverflow(page), about).toBe(0);
}
