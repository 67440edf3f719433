/** Films for Chromium's fake camera: JPEG pictures one after the other, which is what an .mjpeg file is. */
import { writeFile } from "node:fs/promises";
import type { Page } from "playwright-core";

/** Chromium plays the film in a loop; a second of it is as good as an hour. */
const PICTURES = 10;

/** Writes what the page shows now to `file` (.mjpeg): the camera is held to the screen. */
export async function filmScreen(page: Page, file: string): Promise<void> {
  await filmPicture(await page.screenshot({ type: "jpeg", quality: 90, scale: "css" }), file);
}

/** Writes a still JPEG picture to `file` (.mjpeg). */
export async function filmPicture(jpeg: Buffer, file: string): Promise<void> {
  await filmPictures(Array<Buffer>(PICTURES).fill(jpeg), file);
}

/** Writes JPEG pictures to `file` (.mjpeg), of which the camera shows thirty a second. */
export async function filmPictures(jpegs: readonly Buffer[], file: string): Promise<void> {
  await writeFile(file, Buffer.concat(jpegs));
}
