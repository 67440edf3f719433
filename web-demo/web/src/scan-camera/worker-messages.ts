/** What the page and its worker say to each other. */

/** To the worker: a picture, which it then owns. */
export interface ToRead {
  readonly id: number;
  readonly picture: ImageBitmap;
}

/** From the worker: what was read in the picture of this `id`. */
export interface Reading {
  readonly id: number;
  readonly text: string | undefined;
}
