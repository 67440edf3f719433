/** Client of the scan worker: takes pictures and returns the texts of their QR codes. */
import type { Pixels } from "./pictures.ts";
import type { ReadRequest, ReadResult } from "./worker-messages.ts";

/** Trusted Types policy of the worker's address. A page's CSP names it in `trusted-types`. */
const POLICY = "scan-camera";

interface Waiting {
  readonly resolve: (text: string | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class ReaderWorker {
  readonly #worker = new Worker(workerAddress());
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;
  #gone = false;

  constructor() {
    this.#worker.addEventListener("message", (event: MessageEvent<ReadResult>) => {
      const { id, text } = event.data;
      this.#waiting.get(id)?.resolve(text);
      this.#waiting.delete(id);
    });
    this.#worker.addEventListener("error", () => this.close());
  }

  /**
   * Returns the text of the QR code in the picture, whose data are transferred, or `undefined` if it has no code.
   * Rejects if the worker fails to load or is closed.
   */
  read(picture: Pixels): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(gone());
      const message: ReadRequest = { id: ++this.#lastId, picture };
      this.#waiting.set(message.id, { resolve, reject });
      this.#worker.postMessage(message, [picture.data.buffer]);
    });
  }

  /** Ends the worker. Pending reads reject. */
  close(): void {
    this.#gone = true;
    this.#worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(gone());
    this.#waiting.clear();
  }
}

function gone(): Error {
  return new Error("the scan worker is closed");
}

let address: string | undefined;

/** Returns the worker's address, beside this script. The policy is created once: its name can be used only once on a page. */
function workerAddress(): string {
  if (address !== undefined) return address;
  const own = new URL("scan-worker.js", import.meta.url).href;
  const policy = typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy(POLICY, { createScriptURL: () => own });
  address = policy?.createScriptURL(own) ?? own;
  return address;
}
