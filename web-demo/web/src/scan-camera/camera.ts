/** The phone's camera. */
import { type Problem, ScanError } from "./problem.ts";

/** Problems by the name of the exception: https://www.w3.org/TR/mediacapture-streams/#dom-mediadevices-getusermedia. */
const PROBLEMS: ReadonlyMap<string, Problem> = new Map([
  ["NotFoundError", "missing"],
  ["OverconstrainedError", "missing"],
  ["NotAllowedError", "refused"],
  ["SecurityError", "refused"],
  ["NotReadableError", "busy"],
  ["AbortError", "busy"],
]);

/** Rear camera, large enough for a code across a desk, small enough to decode ten times a second on an old phone. */
export const REAR: MediaTrackConstraints = {
  facingMode: { ideal: "environment" },
  width: { ideal: 1280 },
  height: { ideal: 720 },
};

/** Front camera, large enough for a face at arm's length. */
export const FRONT: MediaTrackConstraints = { facingMode: { ideal: "user" }, width: { ideal: 640 }, height: { ideal: 480 } };

/** Opens this camera, or any other if it is missing. Throws a {@link ScanError}. */
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

/** An open camera. The phone's indicator light stays on until it is closed. */
export class Camera {
  readonly #track: MediaStreamTrack | undefined;

  constructor(readonly stream: MediaStream) {
    this.#track = stream.getVideoTracks()[0];
  }

  /** True if the camera has a torch. */
  get hasTorch(): boolean {
    return this.#track?.getCapabilities?.().torch === true;
  }

  async switchTorch(on: boolean): Promise<void> {
    await this.#track?.applyConstraints({ advanced: [{ torch: on }] });
  }

  /** Calls `act` when the camera is lost to another app or unplugged. */
  onTakenAway(act: () => void): void {
    this.#track?.addEventListener("ended", act);
  }

  close(): void {
    for (const track of this.stream.getTracks()) track.stop();
  }
}
