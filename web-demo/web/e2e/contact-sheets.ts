/** Pictures of pages in several windows, side by side on sheets, and the faults that a program can see. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";

import { accessibilityViolations, horizontalOverflow } from "./page-checks.ts";

/** Windows of phones, a tablet, a laptop and a desk, in CSS pixels. */
export const WINDOWS = [
  { width: 360, height: 640 },
  { width: 390, height: 664 },
  { width: 768, height: 1024 },
  { width: 1366, height: 650 },
  { width: 1920, height: 1080 },
] as const;

/** A window whose size alone counts. */
export interface Window {
  readonly width: number;
  readonly height: number;
}

const FOLDER = new URL("../e2e-artefacts/sheets", import.meta.url).pathname;

/** Pages on one sheet, and the height of a picture on it in pixels. */
const ROWS = 6;
const PICTURE_HEIGHT = 300;

/** The pictures of one look: a language with light, dark or large type. */
export class ContactSheets {
  readonly faults: string[] = [];
  readonly #rows: { readonly name: string; readonly pictures: string[] }[] = [];
  readonly #folder: string;

  /** `checked` are the widths at which axe looks at a page. */
  constructor(
    private readonly look: string,
    private readonly windows: readonly Window[] = WINDOWS,
    private readonly checked: readonly number[] = [360, 1366],
  ) {
    this.#folder = join(FOLDER, look);
  }

  /** Removes the pictures of an earlier run. */
  async clear(): Promise<void> {
    await rm(this.#folder, { recursive: true, force: true });
    await mkdir(this.#folder, { recursive: true });
  }

  /** Looks at the page in every window. `inView` must be there without scrolling, in windows of these widths. */
  async see(page: Page, name: string, inView?: { readonly selector: string; readonly widths: readonly number[] }): Promise<void> {
    const pictures: string[] = [];
    for (const size of this.windows) {
      await page.setViewportSize(size);
      const about = `${this.look}: ${name} at ${size.width}×${size.height}`;
      const overflow = await horizontalOverflow(page);
      if (overflow > 0) this.faults.push(`${about}: ${overflow} px wider than the window`);
      if (inView?.widths.includes(size.width) && !(await isInView(page, inView.selector))) this.faults.push(`${about}: ${inView.selector} is below the fold`);
      const file = `${String(this.#rows.length).padStart(3, "0")}-${name.replace(/\W+/g, "-")}-${size.width}.jpg`;
      await page.screenshot({ path: join(this.#folder, file), type: "jpeg", quality: 70 });
      pictures.push(file);
      if (this.checked.includes(size.width)) {
        for (const violation of await accessibilityViolations(page)) this.faults.push(`${about}: ${violation}`);
      }
    }
    this.#rows.push({ name, pictures });
  }

  /** Lays the pictures out on sheets of some pages each, as `sheet-1.png`. */
  async layOut(browser: Browser): Promise<void> {
    const page = await browser.newPage();
    for (let first = 0; first < this.#rows.length; first += ROWS) {
      const rows = this.#rows.slice(first, first + ROWS);
      const html = `<!doctype html><meta charset="utf-8"><style>body{font:14px sans-serif;margin:8px;background:#888}
        div{display:flex;gap:8px;margin:4px 0 12px}img{height:${PICTURE_HEIGHT}px}</style>
        ${rows.map(({ name, pictures }) => `${this.look} ${name}<div>${pictures.map((file) => `<img src="${file}">`).join("")}</div>`).join("")}`;
      const file = join(this.#folder, "sheet.html");
      await writeFile(file, html);
      await page.setViewportSize({ width: 1900, height: 800 });
      await page.goto(`file://${file}`);
      await page.screenshot({ path: join(this.#folder, `sheet-${first / ROWS + 1}.png`), fullPage: true, timeout: 120_000 });
    }
    await page.close();
  }
}

async function isInView(page: Page, selector: string): Promise<boolean> {
  await page.evaluate(() => scrollTo(0, 0));
  const boxes = await Promise.all((await page.locator(selector).all()).map((element) => element.boundingBox()));
  const height = page.viewportSize()?.height ?? 0;
  return boxes.length > 0 && boxes.every((box) => box === null || box.y + box.height <= height);
}
