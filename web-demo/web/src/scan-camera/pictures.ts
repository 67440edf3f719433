/** Pixels of camera pictures and photos. By a canvas, because Safari 14 has neither `createImageBitmap` nor `OffscreenCanvas`. */

/** Raw pixels, four bytes each. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** Longest side of a photo, in pixels. Larger photos are reduced: phones limit the size of a canvas. */
const LONGEST_SIDE = 4096;

/** Takes pictures, by one canvas that is used again. */
export class Pictures {
  readonly #canvas = document.createElement("canvas");

  /** Returns the picture that the video shows now. */
  ofVideo(video: HTMLVideoElement): Pixels {
    return this.#draw(video, video.videoWidth, video.videoHeight);
  }

  /** Returns the picture of a file. Rejects if the file is not a picture. */
  async ofPhoto(photo: File): Promise<Pixels> {
    const image = new Image();
    image.src = URL.createObjectURL(photo);
    try {
      await image.decode();
      const { naturalWidth: width, naturalHeight: height } = image;
      const share = Math.min(1, LONGEST_SIDE / Math.max(width, height));
      return this.#draw(image, Math.round(width * share), Math.round(height * share));
    } finally {
      URL.revokeObjectURL(image.src);
    }
  }

  #draw(source: CanvasImageSource, width: number, height: number): Pixels {
    Object.assign(this.#canvas, { width, height });
    const context = this.#canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) throw new Error("no canvas");
    context.drawImage(source, 0, 0, width, height);
    return context.getImageData(0, 0, width, height);
  }
}
