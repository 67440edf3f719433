/** Messages between the page and the scan worker. */
import type { Pixels } from "./pictures.ts";

/** To the worker: a picture, whose data are transferred. */
export interface ReadRequest {
  readonly id: number;
  readonly picture: Pixels;
}

/** From the worker: the text in the picture with this `id`. */
export interface ReadResult {
  readonly id: number;
  readonly text: string | undefined;
}
