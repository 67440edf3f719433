/** A phone's camera, which its person holds to one thing after another. */
import { mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "playwright-core";

import { filmBlinking } from "./faces.ts";
import { filmScreen } from "./fake-camera.ts";

export class Camera {
  private constructor(private readonly folder: string) {}

  /** A camera that sees a face that blinks. */
  static async atFace(): Promise<Camera> {
    const camera = new Camera(await mkdtemp(join(tmpdir(), "saoma-camera-")));
    await filmBlinking(camera.film);
    return camera;
  }

  /** What to launch the phone's browser with. */
  get film(): string {
    return join(this.folder, "film.mjpeg");
  }

  /** Holds it to a screen: seen by whatever opens the camera from now on, as Chromium opens the film with it. */
  async holdTo(screen: Page): Promise<void> {
    const next = join(this.folder, "next.mjpeg");
    await filmScreen(screen, next);
    await rename(next, this.film);
  }

  async putAway(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
