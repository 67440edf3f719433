/** Starts Chromium as the tests need it: quiet, and with a camera whose picture is a film. */
import { type Browser, chromium } from "playwright-core";

export interface BrowserOptions {
  /** The film that the fake camera shows; see `fake-camera.ts`. Without one the machine has no camera. */
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

/** The Chromium named by the environment variable `CHROMIUM`, or Debian's. */
export function launchBrowser({ film, args = [] }: BrowserOptions = {}): Promise<Browser> {
  const camera = film === undefined ? [] : ["--use-fake-device-for-media-stream", `--use-file-for-fake-video-capture=${film}`];
  return chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", ...QUIET, ...camera, ...args],
  });
}
