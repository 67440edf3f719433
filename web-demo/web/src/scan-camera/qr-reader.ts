/** Reads a QR code out of a picture: by the browser's own detector where it knows QR codes, else in TypeScript. */
import { decodeQR } from "qr/decode.js";

/** Reads a picture and closes it. The text of the QR code in it, or `undefined` where there is none. */
export type ReadQr = (picture: ImageBitmap) => Promise<string | undefined>;

/** Raw pixels, four bytes each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** How many guesses beyond the first the decoder may make, and for how many ms: a frame comes every 100 ms. */
const RETRIES = { effort: 4, timeLimit: 60 };

/** The best reader that this browser has. */
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
      // Phones without the service behind the detector list the format and then fail.
      return readPicture(picture);
    }
  };
}

/** The text of the QR code in these pixels. */
export function readPixels(pixels: Pixels): string | undefined {
  try {
    return decodeQR(pixels, RETRIES);
  } catch {
    // The decoder throws for "no code here", which most frames are.
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
