/** Messages between the page and the scan worker. */

/** To the worker: a picture, which is transferred. */
export interface ReadRequest {
  readonly id: number;
  readonly picture: ImageBitmap;
}

/** From the worker: the text in the picture with this `id`. */
export interface ReadResult {
  readonly id: number;
  readonly text: string | undefined;
}
