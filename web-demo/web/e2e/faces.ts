/** Faces before a camera: the pictures that `.ci/setup` takes from packages, and films of them. */
import { readFile } from "node:fs/promises";

import { filmPictures } from "./fake-camera.ts";

/** Pictures at which the film's eyes are open, and closed: a second and a half, and a third of a second. */
const OPEN = 45;
const CLOSED = 10;

/** Where a picture of 640 × 480 pixels is, as JPEG: `astronaut`, `person` and so on. */
export function pictureFile(name: string): URL {
  return new URL(`../../../.venv/faces/${name}.jpg`, import.meta.url);
}

/** Such a picture. */
export function facePicture(name: string): Promise<Buffer> {
  return readFile(pictureFile(name));
}

/** Writes a film in which the astronaut blinks every two seconds. */
export async function filmBlinking(file: string): Promise<void> {
  const [open, closed] = await Promise.all(["astronaut", "astronaut-eyes-closed"].map(facePicture));
  if (open === undefined || closed === undefined) throw new Error("no pictures");
  await filmPictures([...Array<Buffer>(OPEN).fill(open), ...Array<Buffer>(CLOSED).fill(closed)], file);
}
