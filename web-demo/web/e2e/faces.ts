/** Pictures of faces, which `.ci/setup` takes from packages, and films made from them. */
import { readFile } from "node:fs/promises";

import { filmPictures } from "./fake-camera.ts";

/** Numbers of frames with open and with closed eyes: 1.5 s, and a third of a second. */
const OPEN = 45;
const CLOSED = 10;

/** Returns the file of a picture such as `astronaut` or `person`: a JPEG of 640 × 480 pixels. */
export function pictureFile(name: string): URL {
  return new URL(`../../../.venv/faces/${name}.jpg`, import.meta.url);
}

/** Reads a picture. */
export function facePicture(name: string): Promise<Buffer> {
  return readFile(pictureFile(name));
}

/** Writes a film in which the astronaut blinks every two seconds. */
export async function filmBlinking(file: string): Promise<void> {
  const [open, closed] = await Promise.all(["astronaut", "astronaut-eyes-closed"].map(facePicture));
  if (open === undefined || closed === undefined) throw new Error("no pictures");
  await filmPictures([...Array<Buffer>(OPEN).fill(open), ...Array<Buffer>(CLOSED).fill(closed)], file);
}
