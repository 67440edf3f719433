/** Types of the used part of `@vladmandic/human`. Its own declarations need TensorFlow.js packages that it bundles. */
declare module "@vladmandic/human" {
  interface FaceResult {
    /** Points in pixels: x, y, z. */
    readonly mesh: readonly (readonly number[])[];
    /** Left, top, width and height in pixels. */
    readonly box: readonly [number, number, number, number];
    readonly rotation?: { readonly angle: { readonly yaw: number; readonly pitch: number; readonly roll: number } } | null;
  }

  export default class Human {
    constructor(config: object);
    load(): Promise<void>;
    detect(picture: OffscreenCanvas): Promise<{ readonly face: readonly FaceResult[]; readonly error: string | null }>;
  }
}
