/** The reference descriptor of the server's nets is the one that face-api computes in a browser. */
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";

import { launchBrowser } from "../e2e/browser.ts";
import { facePicture } from "../e2e/faces.ts";

const VECTOR = new URL("../../vectors/face-descriptor.json", import.meta.url);

/** Package of face-api: its script and its models. */
const PACKAGE = join(dirname(createRequire(import.meta.url).resolve("@vladmandic/face-api")), "..");

/** The used part of face-api. */
interface FaceApi {
  readonly tf: { setBackend(name: string): Promise<boolean>; ready(): Promise<void> };
  readonly nets: Readonly<Record<"tinyFaceDetector" | "faceLandmark68Net" | "faceRecognitionNet", { loadFromUri(uri: string): Promise<void> }>>;
  readonly TinyFaceDetectorOptions: new (options: { inputSize: number }) => object;
  detectSingleFace(image: HTMLImageElement, options: object): {
    withFaceLandmarks(): { withFaceDescriptor(): Promise<{ descriptor: Float32Array } | undefined> };
  };
}

test("of the astronaut's picture", async () => {
  const server = createServer(async ({ url = "/" }, response) => {
    if (url === "/") return response.setHeader("content-type", "text/html").end("<!doctype html>");
    response.setHeader("content-type", url.endsWith(".js") ? "text/javascript" : "application/octet-stream");
    response.end(url === "/face.jpg" ? await facePicture("astronaut") : await readFile(join(PACKAGE, url)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the site has no port");
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${address.port}/`);
    await page.addScriptTag({ url: "/dist/face-api.js" });
    const described = await page.evaluate(describeInPage);
    const expected: readonly number[] = JSON.parse(await readFile(VECTOR, "utf8"));
    expect(described).toHaveLength(expected.length);
    expect(Math.hypot(...described.map((number, index) => number - (expected[index] ?? Number.NaN)))).toBeLessThan(0.01);
  } finally {
    await browser.close();
    server.close();
  }
});

/** Runs in the page, without access to the rest of this file. */
async function describeInPage(): Promise<number[]> {
  const api: FaceApi = Reflect.get(window, "faceapi");
  await api.tf.setBackend("cpu");
  await api.tf.ready();
  await api.nets.tinyFaceDetector.loadFromUri("/model");
  await api.nets.faceLandmark68Net.loadFromUri("/model");
  await api.nets.faceRecognitionNet.loadFromUri("/model");
  const image = new Image();
  image.src = "/face.jpg";
  await image.decode();
  const face = api.detectSingleFace(image, new api.TinyFaceDetectorOptions({ inputSize: 224 }));
  const found = await face.withFaceLandmarks().withFaceDescriptor();
  return [...(found?.descriptor ?? [])];
}
