/** Client of the face worker: takes pictures and returns their faces. */
import type { FaceRequest, FaceResult, WorkerFailure } from "./worker-messages.ts";

/** Trusted Types policy of the worker's address. A page's CSP may name it in `trusted-types`. */
const POLICY = "face-check";

interface Waiting {
  readonly resolve: (result: FaceResult) => void;
  readonly reject: (error: Error) => void;
}

export class FaceReader {
  readonly #worker = new Worker(workerAddress());
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone: string | undefined;

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<FaceResult | WorkerFailure>) => {
      if ("failure" in data) return this.#end(data.failure);
      this.#waiting.get(data.id)?.resolve(data);
      this.#waiting.delete(data.id);
    });
    this.#worker.addEventListener("error", ({ message }) => this.#end(message));
  }

  /** Returns the faces of a picture, which is transferred. Rejects if the worker fails to load or is closed. */
  detect(picture: ImageBitmap): Promise<FaceResult> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) return reject(new Error(this.#gone));
      const message: FaceRequest = { id: ++this.#lastId, picture };
      this.#waiting.set(message.id, { resolve, reject });
      this.#worker.postMessage(message, [picture]);
    });
  }

  close(): void {
    this.#end("closed");
  }

  #end(reason: string): void {
    this.#gone = reason;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error(reason));
    this.#waiting.clear();
  }
}

let address: string | undefined;

/** Returns the worker's address, beside this script. The policy is created once: its name can be used only once on a page. */
function workerAddress(): string {
  if (address !== undefined) return address;
  const own = new URL("face-worker.js", import.meta.url).href;
  const policy = typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy(POLICY, { createScriptURL: () => own });
  address = policy?.createScriptURL(own) ?? own;
  return address;
}
