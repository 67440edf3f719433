/** Short messages of the demo, on the page that shows them to developers. */
import type { Browser } from "playwright-core";

import type { Demo } from "./demo.ts";
import { holds } from "./page-checks.ts";

/** Returns the code in the last message to this phone. */
export async function codeSentTo(phone: string, browser: Browser, demo: Demo): Promise<string> {
  const page = await browser.newPage({ locale: "zh-CN" });
  await page.goto(demo.messages);
  await holds(page);
  const text = await page.getByRole("row", { name: phone }).first().textContent();
  await page.close();
  return /(?<!\d)\d{6}(?!\d)/.exec(text ?? "")?.[0] ?? "";
}
