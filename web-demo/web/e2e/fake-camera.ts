/** Films for Chromium's fake camera: .mjpeg files, which are concatenated JPEG pictures. */
import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";

/** Length of a still film. Chromium plays it in a loop. */
const PICTURES = 10;

/** Writes a film of the page as it is now to `file` (.mjpeg). */
export async function filmScreen(page: Page, file: string): Promise<void> {
  await filmPicture(await page.screenshot({ type: "jpeg", quality: 90, scale: "css" }), file);
}

/** Writes a still JPEG picture to `file` (.mjpeg). */
export async function filmPicture(jpeg: Buffer, file: string): Promise<void> {
  await filmPictures(Array<Buffer>(PICTURES).fill(jpeg), file);
}

/** Writes JPEG pictures to `file` (.mjpeg). The camera shows thirty a second. */
export async function filmPictures(jpegs: readonly Buffer[], file: string): Promise<void> {
  await writeFile(file, Buffer.concat(jpegs));
}
