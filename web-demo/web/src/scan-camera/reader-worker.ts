/** The page's end of the worker: pictures in, texts out. */
import type { Reading, ToRead } from "./worker-messages.ts";

/** The Trusted Types policy that vouches for the worker's address; a page's CSP names it in `trusted-types`. */
const POLICY = "scan-camera";

interface Waiting {
  readonly resolve: (text: string | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class ReaderWorker {
  readonly #worker = new Worker(workerAddress(), { type: "module" });
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone = false;

  constructor() {
    this.#worker.addEventListener("message", (event: MessageEvent<Reading>) => {
      const { id, text } = event.data;
      this.#waiting.get(id)?.resolve(text);
      this.#waiting.delete(id);
    });
    this.#worker.addEventListener("error", () => this.close());
  }

  /**
   * The text of the QR code in the picture, or `undefined` where there is none. The picture is given away.
   * Rejects when the worker cannot be loaded or is closed.
   */
  read(picture: ImageBitmap): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(gone());
      const message: ToRead = { id: ++this.#lastId, picture };
      this.#waiting.set(message.id, { resolve, reject });
      this.#worker.postMessage(message, [picture]);
    });
  }

  /** Ends the worker; what it was reading is given up. */
  close(): void {
    this.#gone = true;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }
}

function gone(): Error {
  return new Error("the worker that reads QR codes is gone");
}

let address: string | undefined;

/** The worker lies beside this script. Vouched for once: a policy's name can be taken only once on a page. */
function workerAddress(): string {
  if (address !== undefined) return address;
  const own = new URL("scan-worker.js", import.meta.url).href;
  const policy = typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy(POLICY, { createScriptURL: () => own });
  address = policy?.createScriptURL(own) ?? own;
  return address;
}
