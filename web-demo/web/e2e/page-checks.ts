/** Checks for every page. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { expect } from "vitest";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

declare global {
  interface Window {
    readonly axe: { run(options: { readonly preload: boolean; readonly resultTypes: readonly string[]; readonly runOnly?: readonly string[] }): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
  }
}

/** Windows in which every page is looked at: a small phone, and a small laptop. */
const SMALL_WINDOWS = [{ width: 1366, height: 650 }, { width: 360, height: 640 }] as const;

/** Expects the page to fit small windows, and to be accessible on a narrow phone. */
export async function holds(page: Page): Promise<void> {
  const viewport = page.viewportSize();
  for (const size of SMALL_WINDOWS) {
    await page.setViewportSize(size);
    expect(await horizontalOverflow(page), `${page.url()} at ${size.width}`).toBe(0);
  }
  expect(await accessibilityViolations(page), page.url()).toEqual([]);
  if (viewport !== null) await page.setViewportSize(viewport);
}

/** Returns the accessibility rules, of all or of these, that the page breaks, each with the elements at fault. */
export async function accessibilityViolations(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async (rules) => {
    // Preloading copies the stylesheets of shadow roots into inline styles, which the policy of the pages reports.
    const { violations } = await window.axe.run({ preload: false, resultTypes: ["violations"], ...(rules && { runOnly: rules }) });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }, rules);
}

/** Collects script errors and breaches of the content security policy from now on. */
export function watchForErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("console", (message) => {
    if (/content security policy|trusted ?(type|script)/i.test(message.text())) errors.push(message.text());
  });
  return errors;
}

/** Returns the CSS pixels by which the page is wider than the window. */
export function horizontalOverflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
