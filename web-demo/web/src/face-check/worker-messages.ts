/** Messages between the page and the face worker. */

/** To the worker: a picture, which is transferred. */
export interface FaceRequest {
  readonly id: number;
  readonly picture: ImageBitmap;
}

/** One face of a picture. */
export interface Face {
  /** Width as a share of the picture's. */
  readonly width: number;
  /** Centre, as shares of the picture's width and height. */
  readonly middle: readonly [number, number];
  /** Yaw and pitch in radians; 0 is straight. */
  readonly turn: number;
  readonly nod: number;
  /** Ratio of height to width of the eyes: about 0.3 open and 0.05 closed, different from person to person. */
  readonly openness: number;
}

/** From the worker: the faces of the picture with this `id`, and the picture as a JPEG. */
export interface FaceResult {
  readonly id: number;
  readonly faces: readonly Face[];
  readonly jpeg: Blob;
}

/** From the worker: it cannot run on this phone. */
export interface WorkerFailure {
  readonly failure: string;
}
