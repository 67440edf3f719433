/** The phone's camera. */
import { type Problem, ScanError } from "./problem.ts";

/** By the names of the exceptions: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia. */
const PROBLEMS: ReadonlyMap<string, Problem> = new Map([
  ["NotFoundError", "missing"],
  ["OverconstrainedError", "missing"],
  ["NotAllowedError", "refused"],
  ["SecurityError", "refused"],
  ["NotReadableError", "busy"],
  ["AbortError", "busy"],
]);

/** The rear camera: large enough for a code across a desk, small enough to read ten times a second on an old phone. */
export const REAR: MediaTrackConstraints = {
  facingMode: { ideal: "environment" },
  width: { ideal: 1280 },
  height: { ideal: 720 },
};

/** The front camera: a face at arm's length needs no more. */
export const FRONT: MediaTrackConstraints = { facingMode: { ideal: "user" }, width: { ideal: 640 }, height: { ideal: 480 } };

/** Asks for this camera, or whatever camera there is. Throws a {@link ScanError}. */
export async function openCamera(video: MediaTrackConstraints): Promise<Camera> {
  if (!isSecureContext) throw new ScanError("insecure");
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: false, video });
    return new Camera(stream);
  } catch (error) {
    throw new ScanError(problemOf(error), error);
  }
}

function problemOf(error: unknown): Problem {
  return (error instanceof DOMException ? PROBLEMS.get(error.name) : undefined) ?? "failed";
}

/** An open camera. Its light on the phone stays on until it is closed. */
export class Camera {
  readonly #track: MediaStreamTrack | undefined;

  constructor(readonly stream: MediaStream) {
    this.#track = stream.getVideoTracks()[0];
  }

  /** The camera has a light that can be switched. */
  get hasTorch(): boolean {
    return this.#track?.getCapabilities?.().torch === true;
  }

  async switchTorch(on: boolean): Promise<void> {
    await this.#track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  /** Calls back when the camera is taken away, by another app or by its plug. */
  onTakenAway(act: () => void): void {
    this.#track?.addEventListener("ended", act);
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}
