/** Pictures of QR codes, drawn by the library that draws them in `<qr-login>`. */
import type { Page } from "playwright-core";
import { encode, renderSVG } from "uqr";

import type { Pixels } from "../../src/scan-camera/pictures.ts";

/** Text of a login's code. */
export const QR_TEXT = "https://login.example/q/0G3KXVZ8Q2M4T6W8Y0A2C4E6R8T0V2X4";

/** Pose of a phone before the code. */
export interface Pose {
  /** Rotation in degrees. */
  readonly turn: number;
  /** Size of a module in pixels. */
  readonly scale: number;
  /** Largest random error of a pixel's brightness, of 255. */
  readonly noise: number;
}

/** Returns the picture of the code of `text` in a camera of 640 × 480 pixels. */
export function photograph(text: string, { turn, scale, noise }: Pose): Pixels {
  const [width, height] = [640, 480];
  const { data: modules, size } = encode(text, { ecc: "M", border: 4 });
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)];
  const random = generator(turn);
  const data = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dx, dy] = [(x - width / 2) / scale, (y - height / 2) / scale];
      const column = Math.floor(cos * dx + sin * dy + size / 2);
      const row = Math.floor(cos * dy - sin * dx + size / 2);
      const paper = modules[row]?.[column] === undefined ? 120 : modules[row][column] ? 30 : 220;
      const grey = paper + (random() * 2 - 1) * noise;
      data.set([grey, grey, grey, 255], (y * width + x) * 4);
    }
  }
  return { width, height, data };
}

/** Returns a PNG of the code of `text`, as a saved photo. */
export async function qrPng(page: Page, text: string): Promise<Buffer> {
  await showOnScreen(page, text);
  return page.screenshot({ type: "png" });
}

/** Shows the code of `text` on the page, as the portal's login page does. */
export async function showOnScreen(page: Page, text: string): Promise<void> {
  await page.setViewportSize({ width: 640, height: 480 });
  const svg = renderSVG(text, { ecc: "M", border: 4 });
  await page.setContent(`<!doctype html><title>Login</title><body style="margin:100px 180px;background:#ddd">
    <div style="width:280px">${svg}</div>`);
}

/** Returns a generator of pseudo-random numbers in `[0, 1)` (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
