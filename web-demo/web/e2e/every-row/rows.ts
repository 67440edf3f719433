/**
 * Every row of the manual, walked by two people: 示例子 registers on the phone by face and logs in as herself, 示例戌 registers
 * on the web and logs in for his unit. Each row continues from the one before, so the first failure ends the walk.
 */
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";

import { launchBrowser } from "../browser.ts";
import { Camera } from "../camera.ts";
import { ZI } from "../citizens.ts";
import { Demo } from "../demo.ts";
import { pictureFile } from "../faces.ts";
import { accountRows } from "./accounts.ts";
import { appRows } from "./app.ts";
import { Artefacts } from "./artefacts.ts";
import { homeRows } from "./home.ts";
import { loginRows } from "./login.ts";
import { Walk } from "./walk.ts";
import type { RowWords } from "./words.ts";

/** Declares a row: its number with its promise, and the steps that check it. */
export type Row = (name: string, go: (walk: Walk) => Promise<void>) => void;

export function walkEveryRow(says: RowWords): void {
  let demo: Demo;
  let camera: Camera;
  let browser: Browser;
  let withCamera: Browser;
  let walk: Walk;
  let failed = false;

  beforeAll(async () => {
    const artefacts = new Artefacts(says.tag.slice(0, 2));
    await artefacts.clear();
    demo = await Demo.start();
    await putInRegister(demo, ZI.idNumber, "astronaut-nearer");
    camera = await Camera.atFace();
    browser = await launchBrowser();
    withCamera = await launchBrowser({ film: camera.film });
    walk = await Walk.begin({ says, demo, artefacts, browser, camera, withCamera });
  });

  afterAll(async () => {
    await Promise.all([browser, withCamera].map((browser) => browser?.close()));
    await demo?.stop();
    await camera?.putAway();
  });

  afterEach(() => expect(walk.surfaces.flatMap(({ errors }) => errors)).toEqual([]));

  const row: Row = (name, go) =>
    test(name, async ({ skip, onTestFailed }) => {
      skip(failed, "a row before has failed");
      onTestFailed(async () => {
        failed = true;
        await walk.seeFailure();
      });
      await go(walk);
    });

  describe("getting an account", () => accountRows(row));
  describe("the app and the e-card", () => appRows(row));
  describe("logging in by scanning", () => loginRows(row));
  describe("at home", () => homeRows(row));
}

/** Puts a photo of this person into the demo's population register. */
async function putInRegister(demo: Demo, idNumber: string, picture: string): Promise<void> {
  const photos = join(demo.data, "photos");
  await mkdir(photos, { recursive: true });
  await cp(pictureFile(picture), join(photos, `${idNumber}.jpg`));
}
