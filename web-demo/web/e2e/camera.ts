/** A phone's camera, which its person points at one thing after another. */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";

import { filmBlinking } from "./faces.ts";
import { filmScreen } from "./fake-camera.ts";

export class Camera {
  private constructor(private readonly folder: string) {}

  /** Creates a camera that sees a blinking face. */
  static async atFace(): Promise<Camera> {
    const camera = new Camera(await mkdtemp(join(tmpdir(), "saoma-camera-")));
    await filmBlinking(camera.film);
    return camera;
  }

  /** Film for the launch of the phone's browser. */
  get film(): string {
    return join(this.folder, "film.mjpeg");
  }

  /** Points it at a screen. Chromium reads the film when a page opens the camera, so pages that open it later see the screen. */
  async holdTo(screen: Page): Promise<void> {
    const next = join(this.folder, "next.mjpeg");
    await filmScreen(screen, next);
    await rename(next, this.film);
  }

  async putAway(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
