/** Starts Chromium without background traffic, and with a film as the picture of its camera. */
import { type Browser, chromium } from "playwright-core";

export interface BrowserOptions {
  /** Film of the fake camera; see `fake-camera.ts`. Without one the machine has no camera. */
  readonly film?: string;
  /** Further arguments of Chromium. */
  readonly args?: readonly string[];
}

const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Launches the Chromium of the environment variable `CHROMIUM`, or Debian's. */
export function launchBrowser({ film, args = [] }: BrowserOptions = {}): Promise<Browser> {
  const camera = film === undefined ? [] : ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", ...QUIET, ...camera, ...args],
  });
}
