/** The scan page in a real browser, with a camera that films a code. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";

import { launchBrowser } from "../e2e/browser.ts";
import { filmScreen } from "../e2e/fake-camera.ts";
import { accessibilityViolations, horizontalOverflow, watchForErrors } from "../e2e/page-checks.ts";
import { listeningPage, scanPage } from "./support/pages.ts";
import { QR_TEXT, qrPng, showOnScreen } from "./support/qr-picture.ts";
import { type Site, serve } from "./support/site.ts";

const PHONE: BrowserContextOptions = { viewport: { width: 360, height: 740 }, permissions: ["camera"] };

let site: Site;
let folder: string;
/** A machine without a camera. */
let bare: Browser;
/** A phone whose camera sees a login's code, and one whose camera sees a wall. */
let facingCode: Browser;
let facingWall: Browser;
let photo: Buffer;

beforeAll(async () => {
  site = await serve({
    "/zh": scanPage("zh-CN"),
    "/en": scanPage("en"),
    "/listening": listeningPage("en"),
    "/scanned": "<!doctype html><title>Scanned</title>",
  });
  folder = await mkdtemp(join(tmpdir(), "scan-camera-"));
  bare = await launchBrowser({ args: ["--host-resolver-rules=MAP phone.example 127.0.0.1"] });
  const screen = await bare.newPage();
  await screen.setViewportSize({ width: 640, height: 480 });
  await filmScreen(screen, join(folder, "wall.mjpeg"));
  await showOnScreen(screen, QR_TEXT);
  await filmScreen(screen, join(folder, "code.mjpeg"));
  photo = await qrPng(screen, QR_TEXT);
  facingCode = await launchBrowser({ film: join(folder, "code.mjpeg") });
  facingWall = await launchBrowser({ film: join(folder, "wall.mjpeg") });
});

afterAll(async () => {
  await Promise.all([bare, facingCode, facingWall].map((browser) => browser?.close()));
  site?.close();
  await rm(folder, { recursive: true, force: true });
});

/**
 * Opens the scan page in a context of its own, and expects no errors until the end of the test.
 * `before` runs in the page ahead of its scripts.
 */
async function openScanPage(
  browser: Browser,
  path = "/zh",
  options: BrowserContextOptions = PHONE,
  before: () => void = () => undefined,
): Promise<Page> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors = watchForErrors(page);
  await page.addInitScript(before);
  onTestFinished(async () => {
    await context.close();
    expect(errors).toEqual([]);
  });
  await page.goto(path.startsWith("http") ? path : site.origin + path);
  return page;
}

/** Waits for this text in the status line. */
async function says(page: Page, words: string): Promise<void> {
  await page.getByRole("status").filter({ hasText: words }).waitFor();
}

/** Returns true if the page has an open camera. */
function cameraIsOn(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const video = document.querySelector("scan-camera")?.shadowRoot?.querySelector("video");
    return video?.srcObject instanceof MediaStream && video.srcObject.active;
  });
}

describe("a camera that sees a code", () => {
  test("its text goes through the page's form", async () => {
    const page = await openScanPage(facingCode);
    await page.waitForURL((url) => url.pathname === "/scanned");
    expect(new URL(page.url()).searchParams.get("text")).toBe(QR_TEXT);
  });

  test("tells the page once, buzzes, and lets the camera go", async () => {
    const page = await openScanPage(facingCode, "/listening", PHONE, () => {
      const noted = { texts: new Array<string>(), buzzes: 0 };
      Object.assign(window, { noted });
      navigator.vibrate = () => (noted.buzzes++, true);
      document.addEventListener("scan-code", (event) => event instanceof CustomEvent && noted.texts.push(event.detail.text));
    });
    await says(page, "Code read");
    expect(await page.evaluate(() => Reflect.get(window, "noted"))).toEqual({ texts: [QR_TEXT], buzzes: 1 });
    expect(await cameraIsOn(page)).toBe(false);
  });
});

describe("a camera that sees no code", () => {
  test("shows its picture and what to do, and fits a narrow phone", async () => {
    const page = await openScanPage(facingWall);
    await says(page, "将二维码放入框内");
    await page.getByLabel("相机画面").waitFor();
    expect(await cameraIsOn(page)).toBe(true);
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await horizontalOverflow(page)).toBe(0);
  });

  test("is let go when the page is hidden, and taken up when it is seen again", async () => {
    const page = await openScanPage(facingWall);
    await says(page, "将二维码放入框内");
    await setHidden(page, true);
    expect(await cameraIsOn(page)).toBe(false);
    await setHidden(page, false);
    await says(page, "将二维码放入框内");
    expect(await cameraIsOn(page)).toBe(true);
  });

  test("is let go when the element leaves the page", async () => {
    const page = await openScanPage(facingWall);
    await says(page, "将二维码放入框内");
    const live = await page.evaluate(() => {
      const camera = document.querySelector("scan-camera");
      const stream = camera?.shadowRoot?.querySelector("video")?.srcObject;
      camera?.remove();
      return stream instanceof MediaStream && stream.active;
    });
    expect(live).toBe(false);
  });

  test("says so when another app takes it away, and starts again when asked", async () => {
    const page = await openScanPage(facingWall);
    await says(page, "将二维码放入框内");
    await page.evaluate(() => {
      const stream = document.querySelector("scan-camera")?.shadowRoot?.querySelector("video")?.srcObject;
      if (stream instanceof MediaStream) stream.getVideoTracks()[0]?.dispatchEvent(new Event("ended"));
    });
    await says(page, "相机正被其他应用占用");
    await page.getByRole("button", { name: "重新扫描" }).click();
    await says(page, "将二维码放入框内");
  });

  test("offers its light where it has one", async () => {
    const page = await openScanPage(facingWall, "/listening", PHONE, () => {
      const lights = new Array<unknown>();
      Object.assign(window, { lights });
      MediaStreamTrack.prototype.getCapabilities = () => ({ torch: true });
      MediaStreamTrack.prototype.applyConstraints = async (wanted) => void lights.push(wanted?.advanced?.[0]?.torch);
    });
    await page.getByRole("button", { name: "Torch", pressed: false }).click();
    await page.getByRole("button", { name: "Torch", pressed: true }).click();
    await page.getByRole("button", { name: "Torch", pressed: false }).waitFor();
    expect(await page.evaluate(() => Reflect.get(window, "lights"))).toEqual([true, false]);
  });

  test("has no light button where it has no light", async () => {
    const page = await openScanPage(facingWall);
    await says(page, "将二维码放入框内");
    expect(await page.getByRole("button", { name: "手电筒" }).count()).toBe(0);
  });
});

describe("without a camera picture", () => {
  test.each([
    ["/zh", "未找到相机"],
    ["/en", "No camera was found"],
  ])("a machine without a camera says so: %s", async (path, words) => {
    const page = await openScanPage(bare, path);
    await says(page, words);
    expect(await accessibilityViolations(page)).toEqual([]);
  });

  test.each([
    ["/zh", "相机权限未开启"],
    ["/en", "The camera is not allowed"],
  ])("a refused permission says how to give it: %s", async (path, words) => {
    const page = await openScanPage(facingWall, path, { viewport: { width: 360, height: 740 } });
    await says(page, words);
    expect(await accessibilityViolations(page)).toEqual([]);
    expect(await horizontalOverflow(page)).toBe(0);
  });

  test("a permission that is given later is taken by the again button", async () => {
    const page = await openScanPage(facingWall, "/en", { viewport: { width: 360, height: 740 } });
    await says(page, "The camera is not allowed");
    await page.context().grantPermissions(["camera"]);
    await page.getByRole("button", { name: "Scan again" }).press("Enter");
    await says(page, "Hold the QR code inside the frame");
  });

  test.each([
    ["/zh", "安全连接（HTTPS）"],
    ["/en", "secure connection (HTTPS)"],
  ])("a page that did not come by HTTPS says so: %s", async (path, words) => {
    const page = await openScanPage(bare, `http://phone.example:${site.port}${path}`, {});
    await says(page, words);
  });

  test("a camera that another app holds says so", async () => {
    const page = await openScanPage(bare, "/listening", PHONE, () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("in use", "NotReadableError"));
    });
    await says(page, "Another app is using the camera");
  });

  test("a camera that fails for no reason we know says what else to do", async () => {
    const page = await openScanPage(bare, "/listening", PHONE, () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("odd", "UnknownError"));
    });
    await says(page, "choose a photo, or type the code");
  });

  test("a reader that cannot be loaded says so", async () => {
    const context = await facingWall.newContext(PHONE);
    onTestFinished(() => context.close());
    const page = await context.newPage();
    await page.route("**/scan-worker.js", (route) => route.abort());
    await page.goto(`${site.origin}/en`);
    await says(page, "The code reader could not be loaded");
  });
});

describe("a chosen photo", () => {
  test("with a code goes through the page's form", async () => {
    const page = await openScanPage(bare);
    await choose(page, "选择照片", { name: "code.png", mimeType: "image/png", buffer: photo });
    await page.waitForURL((url) => url.pathname === "/scanned");
    expect(new URL(page.url()).searchParams.get("text")).toBe(QR_TEXT);
  });

  test("without a code says so", async () => {
    const page = await openScanPage(bare, "/en");
    const buffer = await page.screenshot({ type: "png" });
    await choose(page, "Choose a photo", { name: "wall.png", mimeType: "image/png", buffer });
    await says(page, "No QR code was found in the photo");
  });

  test("that is no picture says so", async () => {
    const page = await openScanPage(bare, "/en");
    await choose(page, "Choose a photo", { name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("a") });
    await says(page, "This file cannot be opened");
  });
});

test("every button is large enough for a finger", async () => {
  const page = await openScanPage(bare, "/en");
  await says(page, "No camera was found");
  for (const button of await page.locator("scan-camera").getByRole("button").all()) {
    const box = await button.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
  }
});

test.each(["dark", "light"] as const)("the colours have contrast when it is %s, and when they are forced", async (colorScheme) => {
  for (const forcedColors of ["none", "active"] as const) {
    const page = await openScanPage(bare, "/en", { colorScheme, forcedColors });
    await says(page, "No camera was found");
    expect(await accessibilityViolations(page)).toEqual([]);
  }
});

/** Sets the visibility of a page, because headless tabs are never hidden. */
async function setHidden(page: Page, hidden: boolean): Promise<void> {
  await page.evaluate((hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);
}

async function choose(page: Page, button: string, file: { name: string; mimeType: string; buffer: Buffer }): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await page.getByRole("button", { name: button }).click();
  await (await chooser).setFiles(file);
}
