/** Readers of QR codes: the browser's own detector if it supports QR codes, else one in TypeScript. */
import { decodeQR } from "qr/decode.js";

import type { Pixels } from "./pictures.ts";

/** Returns the text of the QR code in a picture, if it has one. */
export type ReadQr = (picture: Pixels) => Promise<string | undefined>;

/** Limits of the decoder's further attempts: their number, and milliseconds, because a frame comes every 100 ms. */
const RETRIES = { effort: 4, timeLimit: 60 };

/** Returns the best reader for this browser. */
export async function bestReader(): Promise<ReadQr> {
  const readByItself: ReadQr = async (picture) => readPixels(picture);
  if (typeof BarcodeDetector === "undefined") return readByItself;
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes("qr_code")) return readByItself;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (picture) => {
    try {
      const [first] = await detector.detect(new ImageData(picture.data, picture.width, picture.height));
      return first?.rawValue;
    } catch {
      // Phones without the service that the detector needs still list the format, and then fail.
      return readByItself(picture);
    }
  };
}

/** Returns the text of the QR code in these pixels, if there is one. */
export function readPixels(pixels: Pixels): string | undefined {
  try {
    return decodeQR(pixels, RETRIES);
  } catch {
    // The decoder throws for a picture without a code, as most frames are.
    return undefined;
  }
}
