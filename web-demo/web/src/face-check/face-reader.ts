/** The page's end of the worker: pictures in, what they show out. */
import type { Broken, Look, ToLookAt } from "./worker-messages.ts";

/** The Trusted Types policy that vouches for the worker's address; a page's CSP may name it in `trusted-types`. */
const POLICY = "face-check";

interface Waiting {
  readonly resolve: (look: Look) => void;
  readonly reject: (error: Error) => void;
}

export class FaceReader {
  readonly #worker = new Worker(workerAddress(), { type: "module" });
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone: string | undefined;

  constructor() {
    this.#worker.addEventListener("message", ({ data }: MessageEvent<Look | Broken>) => {
      if ("broken" in data) return this.#end(data.broken);
      this.#waiting.get(data.id)?.resolve(data);
      this.#waiting.delete(data.id);
    });
    this.#worker.addEventListener("error", ({ message }) => this.#end(message));
  }

  /** What the picture shows. It is given away. Rejects when the worker cannot be loaded or is closed. */
  look(picture: ImageBitmap): Promise<Look> {
    return new Promise((resolve, reject) => {
      if (this.#gone !== undefined) return reject(new Error(this.#gone));
      const message: ToLookAt = { id: ++this.#lastId, picture };
      this.#waiting.set(message.id, { resolve, reject });
      this.#worker.postMessage(message, [picture]);
    });
  }

  close(): void {
    this.#end("closed");
  }

  #end(why: string): void {
    this.#gone = why;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new Error(why));
    this.#waiting.clear();
  }
}

let address: string | undefined;

/** The worker lies beside this script. Vouched for once: a policy's name can be taken only once on a page. */
function workerAddress(): string {
  if (address !== undefined) return address;
  const own = new URL("face-worker.js", import.meta.url).href;
  const policy = typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy(POLICY, { createScriptURL: () => own });
  address = policy?.createScriptURL(own) ?? own;
  return address;
}
