/** Reads a QR code from a screenshot of it, as a phone's camera app would. */
import type { Locator } from "playwright-core";
import { decodeQR } from "qr/decode.js";

export async function readCode(code: Locator): Promise<string> {
  const png = (await code.screenshot()).toString("base64");
  const blank = await code.page().context().newPage();
  const { data, ...size } = await blank.evaluate(async (png) => {
    const response = await fetch(`data:image/png;base64,${png}`);
    const picture = await createImageBitmap(await response.blob());
    const { width, height } = picture;
    const context = new OffscreenCanvas(width, height).getContext("2d");
    if (context === null) throw new Error("no canvas");
    context.drawImage(picture, 0, 0);
    return { width, height, data: [...context.getImageData(0, 0, width, height).data] };
  }, png);
  await blank.close();
  return decodeQR({ ...size, data: Uint8ClampedArray.from(data) });
}
