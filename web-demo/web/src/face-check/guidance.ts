/** What a person is to do so that the face can be looked at. */
import type { Face } from "./worker-messages.ts";

export type Guidance = "noFace" | "severalFaces" | "nearer" | "farther" | "toTheMiddle" | "straight" | "blink";

/** Shares of the picture's width between which a face has enough pixels and is whole. */
const NARROWEST = 0.22;
const WIDEST = 0.8;

/** The farthest from the middle, as a share of the picture. */
const ASIDE = 0.25;

/** The most that the head may be turned, in radians: 20°. */
const TURNED = 0.35;

/** Other faces count when they are more than this share of the largest one's width. */
const BYSTANDER = 0.6;

/** The next thing to do, by what the picture shows. */
export function guide(faces: readonly Face[]): Guidance {
  const [face, other] = [...faces].sort((one, another) => another.width - one.width);
  if (face === undefined) return "noFace";
  if (other !== undefined && other.width > BYSTANDER * face.width) return "severalFaces";
  if (face.width < NARROWEST) return "nearer";
  if (face.width > WIDEST) return "farther";
  if (face.middle.some((place) => Math.abs(place - 0.5) > ASIDE)) return "toTheMiddle";
  return Math.abs(face.turn) > TURNED || Math.abs(face.nod) > TURNED ? "straight" : "blink";
}

/** The face that counts: the largest one. */
export function nearest(faces: readonly Face[]): Face | undefined {
  return [...faces].sort((one, other) => other.width - one.width)[0];
}
