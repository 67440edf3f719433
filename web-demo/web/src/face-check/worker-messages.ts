/** What the page and its worker say to each other. */

/** To the worker: a picture, which it then owns. */
export interface ToLookAt {
  readonly id: number;
  readonly picture: ImageBitmap;
}

/** One face of a picture. */
export interface Face {
  /** Its width, as a share of the picture's. */
  readonly width: number;
  /** The middle of it, as shares of the picture's width and height. */
  readonly middle: readonly [number, number];
  /** How far it is turned aside and up or down, in radians; 0 is straight. */
  readonly turn: number;
  readonly nod: number;
  /** The eyes' height by their width: about 0.3 open, 0.05 closed, different from person to person. */
  readonly openness: number;
}

/** From the worker: what the picture of this `id` shows, and the picture as a JPEG. */
export interface Look {
  readonly id: number;
  readonly faces: readonly Face[];
  readonly jpeg: Blob;
}

/** From the worker: it cannot look at pictures on this phone. */
export interface Broken {
  readonly broken: string;
}
