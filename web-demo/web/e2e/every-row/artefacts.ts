/** Pictures of a walk, kept for inspection. */
import { rm } from "node:fs/promises";
import { join } from "node:path";

import type { Surface } from "../surface.ts";

/** Folder of all pictures. */
const FOLDER = new URL("../../e2e-artefacts", import.meta.url).pathname;

export class Artefacts {
  private readonly folder: string;

  /** Creates the pictures of a walk in this language. */
  constructor(private readonly language: string) {
    this.folder = join(FOLDER, language);
  }

  /** Removes the pictures of the previous walk, even while another walk adds to them. */
  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Saves a picture of the surface at this row, as `S05-zh-phone.png`, or `S05-zh-phone-form.png` if the row has several. */
  async keep(row: string, surface: Surface, what?: string): Promise<void> {
    const name = [row, this.language, surface.kind, what].filter((part) => part !== undefined).join("-");
    await surface.page.screenshot({ path: join(this.folder, `${name}.png`), fullPage: true });
  }
}
