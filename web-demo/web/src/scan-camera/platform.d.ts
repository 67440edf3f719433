/** Browser APIs that TypeScript's library does not declare. */

/** Shape Detection API, https://wicg.github.io/shape-detection-api/. Missing on Linux and in Safari. */
declare const BarcodeDetector:
  | {
      new (options: { formats: string[] }): { detect(image: ImageData): Promise<{ rawValue: string }[]> };
      getSupportedFormats(): Promise<string[]>;
    }
  | undefined;

/** Trusted Types, https://w3c.github.io/trusted-types/. A trusted URL is declared as the string that it stands for. */
declare const trustedTypes:
  | {
      createPolicy(
        name: string,
        rules: { createScriptURL(url: string): string },
      ): { createScriptURL(url: string): string };
    }
  | undefined;

/** Image Capture API, https://www.w3.org/TR/image-capture/: cameras with a torch. */
interface MediaTrackCapabilities {
  torch?: boolean;
}

interface MediaTrackConstraintSet {
  torch?: boolean;
}
