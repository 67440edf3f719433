/** Takes the pictures of the README: the computer with a code, and the phone with its confirm page. */
import { test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { YI } from "./citizens.ts";
import { Demo } from "./demo.ts";
import { Phone } from "./phone.ts";
import { Portal } from "./portal.ts";
import { en } from "./words.ts";

const FOLDER = new URL("../../../docs/images/", import.meta.url).pathname;

/** Ports of `make demo`, which the pictures show. */
const PORTS = ["--gateway", "127.0.0.1:8080", "--portal", "127.0.0.1:8081", "--phone", "127.0.0.1:8082"];

test("pictures of both screens", async () => {
  const demo = await Demo.start({}, PORTS);
  const browser = await launchBrowser();
  try {
    const portal = await Portal.open(browser, demo, en);
    await portal.page.setViewportSize({ width: 960, height: 740 });
    await portal.page.screenshot({ path: `${FOLDER}login-page.png` });
    const phone = await Phone.of(YI, browser, demo, en);
    await phone.paste((await portal.codes()).qr);
    await phone.choose(/legal representative/);
    await phone.page.screenshot({ path: `${FOLDER}confirm-page.png`, fullPage: true });
  } finally {
    await browser.close();
    await demo.stop();
  }
});
