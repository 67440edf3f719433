/** Refusals of the face check on the phone and their messages (row S7), with films in place of the camera. */
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { JIA, YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { filmPicture } from "./fake-camera.ts";
import { facePicture, filmBlinking, pictureFile } from "./faces.ts";
import { holds, watchForErrors } from "./page-checks.ts";

/** The register holds the astronaut's photo for one person, and another face for the second. */
const PHOTOS = new Map([
  [JIA, "astronaut-nearer"],
  [YI, "person"],
]);

/** Number of analysed pictures in several rounds of the film. */
const MANY_PICTURES = 40;

let folder: string;
let demo: Demo;
/** Phones in front of a blinking face, in front of its picture, and without a camera. */
let blinking: Browser;
let still: Browser;
let bare: Browser;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "saoma-faces-"));
  await filmBlinking(join(folder, "blinking.mjpeg"));
  await filmPicture(await facePicture("astronaut"), join(folder, "still.mjpeg"));
  demo = await Demo.start();
  await mkdir(join(demo.data, "photos"), { recursive: true });
  for (const [{ idNumber }, picture] of PHOTOS) {
    await cp(pictureFile(picture), join(demo.data, "photos", `${idNumber}.jpg`));
  }
  blinking = await launchBrowser({ film: join(folder, "blinking.mjpeg") });
  still = await launchBrowser({ film: join(folder, "still.mjpeg") });
  bare = await launchBrowser();
});

afterAll(async () => {
  await Promise.all([blinking, still, bare].map((browser) => browser?.close()));
  await demo?.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Person {
  readonly name: string;
  readonly idNumber: string;
}

/** Opens the login page, chooses the face check and names the person. The camera is still off. */
async function comeAs({ name, idNumber }: Person, browser: Browser, locale = "zh-CN", permissions = ["camera"]): Promise<Page> {
  const context = await browser.newContext({ locale, viewport: { width: 360, height: 740 }, permissions });
  const page = await context.newPage();
  const errors = watchForErrors(page);
  const foreign = new Array<string>();
  page.on("request", (request) => {
    if (!request.url().startsWith(demo.addresses.phone)) foreign.push(request.url());
  });
  onTestFinished(async () => {
    await context.close();
    expect([...errors, ...foreign]).toEqual([]);
  });
  await page.goto(`${demo.addresses.phone}/login`);
  await page.getByRole("link", { name: /人脸识别登录|by face/ }).click();
  await page.getByLabel(/姓名|Name/).fill(name);
  await page.getByLabel(/公民身份号码|ID number/).fill(idNumber);
  await page.getByRole("button", { name: /人脸识别认证|Start the face check/ }).click();
  await page.waitForURL((url) => url.pathname === "/face/log_in");
  return page;
}

async function showFace(page: Page): Promise<void> {
  await page.getByRole("button", { name: /采集本人人脸|Show my face/ }).click();
}

async function says(page: Page, words: string): Promise<void> {
  await page.getByRole("status").filter({ hasText: words }).waitFor();
}

test("a picture held before the phone does not blink, and nothing is sent", async () => {
  const page = await comeAs(JIA, still);
  const sent = new Array<string>();
  page.on("request", (request) => request.url().endsWith("/frames") && sent.push(request.url()));
  await page.addInitScript(() => {
    Object.assign(window, { looks: 0 });
    Worker.prototype.postMessage = new Proxy(Worker.prototype.postMessage, {
      apply(post, worker, message) {
        Object.assign(window, { looks: Reflect.get(window, "looks") + 1 });
        return Reflect.apply(post, worker, message);
      },
    });
  });
  await page.reload();
  await showFace(page);
  await says(page, "请眨眨眼");
  await page.waitForFunction((many) => Reflect.get(window, "looks") > many, MANY_PICTURES);
  expect(sent).toEqual([]);
  expect(new URL(page.url()).pathname).toBe("/face/log_in");
  await page.getByRole("button", { name: "停止" }).click();
  await page.getByRole("button", { name: "重新采集" }).waitFor();
});

test("another's face is refused and shown the way by password", async () => {
  const page = await comeAs(YI, blinking);
  await showFace(page);
  await says(page, "未能确认是本人");
  await page.getByRole("link", { name: "改用用户密码验证" }).click();
  await page.getByLabel("密码").waitFor();
});

test.each([
  ["a name that is not the number's", { name: "示例丁", idNumber: JIA.idNumber }],
  ["a number that nobody has", { name: "示例无", idNumber: "990000199001010017" }],
])("%s gets the same answer as another's face", async (_, person) => {
  const page = await comeAs(person, blinking, "en");
  await showFace(page);
  await says(page, "You could not be recognised");
  await page.getByRole("link", { name: "Log in by password instead" }).waitFor();
});

test("a phone without a camera says so", async () => {
  const page = await comeAs(JIA, bare);
  await showFace(page);
  await says(page, "未找到相机");
});

test("a person who refuses the camera is told how to allow it", async () => {
  const page = await comeAs(JIA, still, "zh-CN", []);
  await showFace(page);
  await says(page, "相机权限未开启");
});

test("a mistyped number is told before any camera is opened", async () => {
  const page = await bare.newPage({ locale: "zh-CN" });
  await page.goto(`${demo.addresses.phone}/login/face`);
  await page.getByLabel("姓名").fill(JIA.name);
  await page.getByLabel("公民身份号码").fill(JIA.idNumber.replace(/.$/, "0"));
  await page.getByRole("button", { name: "人脸识别认证" }).click();
  await page.getByRole("alert").filter({ hasText: "身份号码有误" }).waitFor();
  await page.close();
});

test("a browser that has named nobody is sent to say who is there", async () => {
  const page = await bare.newPage();
  await page.goto(`${demo.addresses.phone}/face/log_in`);
  expect(new URL(page.url()).pathname).toBe("/login/face");
  await page.close();
});

test.each(["zh-CN", "en"])("the pages are accessible and fit 360 pixels, in %s", async (locale) => {
  const page = await comeAs(JIA, still, locale);
  await holds(page);
  await showFace(page);
  await page.getByRole("button", { name: /停止|Stop/ }).waitFor();
  await page.getByRole("status").filter({ hasText: /请眨眨眼|Blink/ }).waitFor();
  await holds(page);
  await page.goto(`${demo.addresses.phone}/login/face`);
  await holds(page);
});
