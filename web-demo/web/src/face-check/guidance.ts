/** Instructions to the person, until the face is well in the picture. */
import type { Face } from "./worker-messages.ts";

export type Guidance = "noFace" | "severalFaces" | "nearer" | "farther" | "toTheMiddle" | "straight" | "blink";

/** Narrowest and widest face, as shares of the picture's width. A narrower one has too few pixels, a wider one is cut off. */
const NARROWEST = 0.22;
const WIDEST = 0.8;

/** Largest distance from the middle, as a share of the picture. */
const ASIDE = 0.25;

/** Largest turn of the head, in radians: 20°. */
const TURNED = 0.35;

/** Share of the largest face above whose width a second face counts. */
const BYSTANDER = 0.6;

/** Returns the next instruction for these faces. */
export function guidanceFor(faces: readonly Face[]): Guidance {
  const [face, other] = [...faces].sort((one, another) => another.width - one.width);
  if (face === undefined) return "noFace";
  if (other !== undefined && other.width > BYSTANDER * face.width) return "severalFaces";
  if (face.width < NARROWEST) return "nearer";
  if (face.width > WIDEST) return "farther";
  if (face.middle.some((place) => Math.abs(place - 0.5) > ASIDE)) return "toTheMiddle";
  return Math.abs(face.turn) > TURNED || Math.abs(face.nod) > TURNED ? "straight" : "blink";
}

/** Returns the largest face, which is the one that counts. */
export function largestFace(faces: readonly Face[]): Face | undefined {
  return [...faces].sort((one, other) => other.width - one.width)[0];
}
