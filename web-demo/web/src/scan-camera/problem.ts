/**
 * Why no code could be read. Of the camera: `insecure`, the page did not come by HTTPS; `missing`, there is none;
 * `refused`, no permission; `busy`, another app has it; `failed`, anything else. Of a photo: `noCodeInPhoto`,
 * `notAPicture`. Of the reader: `noReader`, it could not be loaded.
 */
export type Problem =
  | "insecure"
  | "missing"
  | "refused"
  | "busy"
  | "failed"
  | "noCodeInPhoto"
  | "notAPicture"
  | "noReader";

export class ScanError extends Error {
  constructor(readonly problem: Problem, cause?: unknown) {
    super(`no code was read: ${problem}`, { cause });
  }
}
