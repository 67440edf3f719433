/** Pictures of what a walk saw, kept for whoever wants to see it too. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Surface } from "../surface.ts";

/** Where they are kept. */
const FOLDER = new URL("../../e2e-artefacts", import.meta.url).pathname;

export class Artefacts {
  private readonly folder: string;

  /** Those of a walk in this language. */
  constructor(private readonly language: string) {
    this.folder = join(FOLDER, language);
  }

  /** Removes those of the walk before, even while another walk adds to them. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Keeps what the surface shows at this row, as `S05-zh-phone.png`, or `S05-zh-phone-form.png` where a row has several. */
  async keep(row: string, surface: Surface, what?: string): Promise<void> {
    const name = [row, this.language, surface.kind, what].filter((part) => part !== undefined).join("-");
    await surface.page.screenshot({ path: join(this.folder, `${name}.png`), fullPage: true });
  }
}
