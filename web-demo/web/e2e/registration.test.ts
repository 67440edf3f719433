/** Registration on a phone without a camera and without scripts (rows S3a and S5). */
import { expect, test } from "vitest";

import { launchBrowser } from "./browser.ts";
import { Demo } from "./demo.ts";
import { CHINESE } from "./every-row/words.ts";
import { codeSentTo } from "./messages.ts";

const PHONE = "13009700073";

test("on the phone without a face check, without JavaScript", async () => {
  const demo = await Demo.start();
  const browser = await launchBrowser();
  try {
    const words = CHINESE;
    const page = await browser.newPage({ locale: words.tag, viewport: { width: 360, height: 740 }, javaScriptEnabled: false });
    const field = (label: string) => page.getByLabel(label, { exact: true });
    const press = (label: string) => page.getByRole("button", { name: label, exact: true }).click();
    await page.goto(`${demo.addresses.phone}/register`);
    await field(words.idNumber).fill("990000200105061121");
    await field(words.name).fill("示例丑");
    await page.getByRole("checkbox").check();
    await press(words.next);
    await field(words.mobile).fill(PHONE);
    await press(words.getCode);
    await page.getByText(words.codeSent).waitFor();
    await field(words.newPassword).fill("k7m2xq");
    await field(words.again).fill("k7m2xq");
    await field(words.code).fill(await codeSentTo(PHONE, browser, demo));
    await press(words.finish);
    await page.getByText(words.done).first().waitFor();
    expect(new URL(page.url()).origin).toBe(demo.addresses.phone);
  } finally {
    await browser.close();
    await demo.stop();
  }
});
