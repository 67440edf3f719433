/** A person without an account registers, on the web and on the phone, and verifies it. Rows S2 to S6. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { Demo } from "./demo.ts";
import { accessibilityViolations, horizontalOverflow, watchForErrors } from "./page-checks.ts";
import { en, zh } from "./words.ts";

/** What the pages say. */
const CHINESE = {
  ...zh,
  steps: ["阅读协议", "验证身份", "创建用户", "注册完成"],
  agree: "我已阅读并同意以上协议",
  next: "下一步",
  previous: "上一步",
  idNumber: "公民身份号码",
  name: "姓名",
  userId: "用户ID",
  newPassword: "登录密码",
  again: "确认密码",
  mobile: "手机号码",
  getCode: "获取验证码",
  code: "验证码",
  finish: "完成",
  taken: "该用户名已被他人使用",
  sent: "验证码已发送至 130****",
  done: "注册成功",
  provisional: "您是临时用户",
  verify: "个人身份认证",
  cardPassword: "社会保障卡密码",
  submit: "提交认证",
  verified: "身份认证成功",
};

const ENGLISH: typeof CHINESE = {
  ...en,
  steps: ["Read the agreement", "Verify your identity", "Create the user", "Registered"],
  agree: "I have read the agreement and accept it",
  next: "Continue",
  previous: "Back",
  idNumber: "Citizen ID number",
  name: "Name",
  userId: "User ID",
  newPassword: "Password",
  again: "Password again",
  mobile: "Mobile phone",
  getCode: "Get the code",
  code: "Code",
  finish: "Register",
  taken: "Somebody else has this user ID",
  sent: "A code was sent to 130****",
  done: "You are registered",
  provisional: "Your account is provisional",
  verify: "Verify your identity",
  cardPassword: "Password of the social-security card",
  submit: "Verify",
  verified: "You are verified",
};

/** Of `web-demo/data/population.toml`: they have cards and no accounts. */
const PERSONS = [
  { words: CHINESE, idNumber: "990000199102101110", name: "示例子", phone: "13009700071" },
  { words: ENGLISH, idNumber: "990000197102151215", name: "示例戌", phone: "13009700072" },
];

const CARD_PASSWORD = "246810";

let demo: Demo;
let browser: Browser;

beforeAll(async () => {
  demo = await Demo.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
});

test.each(PERSONS)("on the web in four steps, then verified by the card's password: $words.tag", async ({ words, idNumber, name, phone }) => {
  const page = await open(words.tag, `${demo.addresses.portal}/register`);
  const errors = watchForErrors(page);
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const press = (label: string) => page.getByRole("button", { name: label, exact: true }).click();
  await isAtStep(page, words.steps[0]);
  await page.getByLabel(words.agree).check();
  await press(words.next);
  await isAtStep(page, words.steps[1]);
  await field(words.idNumber).fill(idNumber);
  await field(words.name).fill(name);
  await press(words.next);
  await isAtStep(page, words.steps[2]);
  expect(await field(words.userId).inputValue()).toBe(idNumber);
  await field(words.userId).fill("jia");
  await page.getByText(words.taken).waitFor();
  const userId = `user${phone.slice(-4)}`;
  await field(words.userId).fill(userId);
  await page.getByText(words.taken).waitFor({ state: "hidden" });
  await press(words.previous);
  await isAtStep(page, words.steps[1]);
  await press(words.next);
  expect(await field(words.userId).inputValue()).toBe(userId);
  await field(words.newPassword).fill("k7m2xq");
  await field(words.again).fill("k7m2xq");
  await field(words.mobile).fill(phone);
  await press(words.getCode);
  await page.getByText(words.sent).waitFor();
  expect(await page.locator("[data-get-code]").isDisabled()).toBe(true);
  await field(words.code).fill(await codeSentTo(phone));
  // The first button of the form is not the one that gets a code.
  await field(words.code).press("Enter");
  await isAtStep(page, words.steps[3]);
  await page.getByText(words.done).first().waitFor();
  await page.getByText(words.provisional).waitFor();
  await page.getByRole("link", { name: words.verify }).click();
  await holds(page);
  await field(words.cardPassword).fill(CARD_PASSWORD);
  await page.getByRole("button", { name: words.submit }).last().click();
  await page.getByText(words.verified).first().waitFor();
  await page.goto(`${demo.addresses.portal}/`);
  await page.getByRole("main").getByText(name).first().waitFor();
  expect(await page.getByText(words.provisional).count()).toBe(0);
  expect(errors).toEqual([]);
  await logsInOnThePhone(words, userId, name);
});

test("on the phone without a face check, without JavaScript", async () => {
  const words = CHINESE;
  const page = await open(words.tag, `${demo.addresses.phone}/register`, { width: 360, height: 740 }, false);
  const field = (label: string) => page.getByLabel(label, { exact: true });
  const press = (label: string) => page.getByRole("button", { name: label, exact: true }).click();
  await field(words.idNumber).fill("990000200105061121");
  await field(words.name).fill("示例丑");
  await page.getByRole("checkbox").check();
  await press(words.next);
  await field(words.mobile).fill("13009700073");
  await press(words.getCode);
  await page.getByText(words.sent).waitFor();
  await field(words.newPassword).fill("k7m2xq");
  await field(words.again).fill("k7m2xq");
  await field(words.code).fill(await codeSentTo("13009700073"));
  await press(words.finish);
  await page.getByText(words.done).first().waitFor();
});

async function open(locale: string, address: string, viewport = { width: 1024, height: 768 }, javaScriptEnabled = true): Promise<Page> {
  const context = await browser.newContext({ locale, viewport, javaScriptEnabled });
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

async function isAtStep(page: Page, step: string | undefined): Promise<void> {
  await page.locator("[aria-current=step]", { hasText: step ?? "" }).waitFor();
  await holds(page);
}

/** What holds on every page, as wide as a phone. */
async function holds(page: Page): Promise<void> {
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await accessibilityViolations(page), page.url()).toEqual([]);
  expect(await horizontalOverflow(page), page.url()).toBe(0);
}

/** The code of the last message to this phone, as the developer page shows it. */
async function codeSentTo(phone: string): Promise<string> {
  const page = await open("zh-CN", `${demo.addresses.portal}/developer/messages`);
  await holds(page);
  const text = await page.getByRole("row", { name: phone }).first().textContent();
  await page.context().close();
  return /(?<!\d)\d{6}(?!\d)/.exec(text ?? "")?.[0] ?? "";
}

async function logsInOnThePhone(words: typeof CHINESE, userId: string, name: string): Promise<void> {
  const page = await open(words.tag, `${demo.addresses.phone}/login`);
  await page.getByLabel(words.userName).fill(userId);
  await page.getByLabel(words.password).fill("k7m2xq");
  await page.getByRole("main").getByRole("button", { name: words.logIn }).click();
  await page.getByRole("main").getByText(name).first().waitFor();
}
