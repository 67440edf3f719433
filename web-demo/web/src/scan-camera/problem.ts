/**
 * Reasons why no code was read. Camera: `insecure`, the page was not loaded over HTTPS; `missing`, no camera; `refused`, no
 * permission; `busy`, another app uses it; `failed`, anything else. Photo: `noCodeInPhoto`, `notAPicture`. Reader:
 * `noReader`, it failed to load.
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
