/** Readers of QR codes: the browser's own detector if it supports QR codes, else one in TypeScript. */
import { decodeQR } from "qr/decode.js";

/** Reads a picture and closes it. Returns the text of its QR code, if it has one. */
export type ReadQr = (picture: ImageBitmap) => Promise<string | undefined>;

/** Raw pixels, four bytes each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** Limits of the decoder's further attempts: their number, and milliseconds, because a frame comes every 100 ms. */
const RETRIES = { effort: 4, timeLimit: 60 };

/** Returns the best reader for this browser. */
export async function bestReader(): Promise<ReadQr> {
  if (typeof BarcodeDetector === "undefined") return readPicture;
  const formats = await BarcodeDetector.getSupportedFormats();
  if (!formats.includes("qr_code")) return readPicture;
  const detector = new BarcodeDetector({ formats: ["qr_code"] });
  return async (picture) => {
    try {
      const [first] = await detector.detect(picture);
      picture.close();
      return first?.rawValue;
    } catch {
      // Phones without the service that the detector needs still list the format, and then fail.
      return readPicture(picture);
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

async function readPicture(picture: ImageBitmap): Promise<string | undefined> {
  const { width, height } = picture;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context?.drawImage(picture, 0, 0);
  picture.close();
  return context ? readPixels(context.getImageData(0, 0, width, height)) : undefined;
}
