/**
 * `<face-check action="/face/log_in">`: shows the phone's front camera, guides the person, detects a blink, and sends
 * pictures from before, during and after it to the server. After a passed check it opens the address from the server.
 *
 * The server's API is `POST {action}/challenge` and `POST {action}/frames`. Nothing is sent before the blink: a worker on
 * the phone analyses the pictures. Texts are in the language of the nearest `lang`. The camera is closed when the pictures
 * are taken, when the page is hidden, and when the element leaves it.
 */
import { listen, statusLine, stylesheet } from "../dom.ts";
import { isEnglish } from "../language.ts";
import { type Camera, FRONT, openCamera } from "../scan-camera/camera.ts";
import { ScanError } from "../scan-camera/problem.ts";
import { BlinkDetector } from "./blink.ts";
import { FaceReader } from "./face-reader.ts";
import { type Guidance, guidanceFor, largestFace } from "./guidance.ts";
import { type Challenge, requestChallenge, submitPictures } from "./check-api.ts";
import { type MessageKey, type Texts, en, zh } from "./texts.ts";

/** Interval between pictures, if the phone keeps up. A blink takes three times as long. */
const PICTURE_EVERY_MS = 60;

/** Shortest interval between two instructions, so that a screen reader can finish one. */
const SAY_EVERY_MS = 700;

/** A challenge with less time left is renewed before pictures are taken for it. */
const TIME_TO_SEND_MS = 8_000;

/** Pictures from before, during and after a blink. */
interface Pictures {
  readonly first: Blob;
  readonly before: Blob;
  readonly closed: Blob;
  readonly after: Blob;
}

export class FaceCheck extends HTMLElement {
  readonly #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  readonly #ring = box("ring");
  readonly #view = box("view", this.#video, this.#ring);
  readonly #status = statusLine();
  readonly #begin = button(() => void this.#check());
  readonly #halt = button(() => this.#end("ready"));
  #reader: FaceReader | undefined;
  /** The current check; aborted when the check is given up. */
  #checking: AbortController | undefined;
  #saidAt = 0;
  #connected = new AbortController();

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.append(stylesheet(new URL("face-check.css", import.meta.url)), this.#view, this.#status, box("actions", this.#begin, this.#halt));
    this.#begin.className = "main";
  }

  connectedCallback(): void {
    const texts = this.#texts();
    this.#video.setAttribute("aria-label", texts.picture);
    this.#begin.textContent = texts.begin;
    this.#halt.textContent = texts.stop;
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    listen(document, "visibilitychange", signal, () => document.hidden && this.#checking && this.#end("ready"));
    this.#end("ready");
  }

  disconnectedCallback(): void {
    this.#connected.abort();
    this.#stop();
    this.#reader?.close();
    this.#reader = undefined;
  }

  async #check(): Promise<void> {
    this.#stop();
    this.#checking = new AbortController();
    const { signal } = this.#checking;
    this.#begin.hidden = true;
    this.#halt.hidden = false;
    this.#begin.textContent = this.#texts().again;
    this.#say("starting");
    try {
      await this.#show(await openCamera(FRONT), signal);
      const taken = await this.#takePictures(signal);
      if (taken === undefined || signal.aborted) return;
      this.#stop();
      this.#halt.hidden = true;
      this.#say("sending");
      await this.#submit(taken.challenge, taken.pictures);
    } catch (error) {
      if (!signal.aborted) this.#end(messageKeyOf(error));
    }
  }

  async #show(camera: Camera, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return camera.close();
    signal.addEventListener("abort", () => camera.close());
    camera.onTakenAway(() => this.#end("busy"));
    this.#video.srcObject = camera.stream;
    await this.#video.play();
    this.#view.hidden = false;
  }

  /** Takes pictures until a blink. Returns `undefined` if the check is given up, or if the server expects none. */
  async #takePictures(signal: AbortSignal): Promise<{ challenge: string; pictures: Pictures } | undefined> {
    const blinks = new BlinkDetector();
    const taken: { first?: Blob; before?: Blob; closed?: Blob } = {};
    let challenge: (Challenge & { readonly until: number }) | undefined;
    while (!signal.aborted) {
      const due = performance.now() + PICTURE_EVERY_MS;
      const { faces, jpeg } = await this.#detect();
      if (signal.aborted) return undefined;
      const [face, guidance] = [largestFace(faces), guidanceFor(faces)];
      this.#guide(guidance);
      if (face === undefined || guidance !== "blink") {
        blinks.reset();
      } else {
        if (challenge === undefined || challenge.until - performance.now() < TIME_TO_SEND_MS) {
          const fresh = await challengeFrom(this.#action);
          if (fresh === undefined) return location.reload(), undefined;
          challenge = { ...fresh, until: performance.now() + fresh.seconds * 1000 };
          // Pictures for the previous challenge do not answer this one.
          delete taken.first;
          delete taken.closed;
        }
        const state = blinks.push(face.openness, performance.now());
        const { first, before, closed } = taken;
        if (state === "closed") taken.closed ??= jpeg;
        else if (state === "blinked" && first && before && closed) {
          return { challenge: challenge.challenge, pictures: { first, before, closed, after: jpeg } };
        } else {
          taken.first ??= jpeg;
          taken.before = jpeg;
          delete taken.closed;
        }
      }
      await until(due);
    }
    return undefined;
  }

  async #detect(): ReturnType<FaceReader["detect"]> {
    try {
      this.#reader ??= new FaceReader();
      return await this.#reader.detect(await createImageBitmap(this.#video));
    } catch (error) {
      this.#reader = undefined;
      throw new CheckError("noReader", error);
    }
  }

  async #submit(challenge: string, { first, before, closed, after }: Pictures): Promise<void> {
    const result = await submitPictures(this.#action, challenge, [first, before, closed, after]).catch((error: unknown) => {
      throw new CheckError("offline", error);
    });
    if (result.outcome === "passed") {
      this.#say("passed");
      location.assign(result.next);
    } else if (result.outcome === "not_asked") {
      location.assign(result.begin);
    } else if (result.outcome === "too_many") {
      this.#end("ready");
      this.#status.textContent = this.#texts().tooMany(result.seconds);
    } else {
      this.#end(result.outcome);
    }
  }

  get #action(): string {
    return this.getAttribute("action") ?? "";
  }

  #guide(guidance: Guidance): void {
    this.#ring.toggleAttribute("data-good", guidance === "blink");
    const now = performance.now();
    if (now - this.#saidAt < SAY_EVERY_MS) return;
    this.#say(guidance);
  }

  /** Ends the check and shows the result. The person may start another. */
  #end(key: MessageKey): void {
    this.#stop();
    this.#begin.hidden = false;
    this.#halt.hidden = true;
    this.#say(key);
  }

  #stop(): void {
    this.#checking?.abort();
    this.#checking = undefined;
    this.#video.srcObject = null;
    this.#view.hidden = true;
    this.#ring.removeAttribute("data-good");
  }

  #say(key: MessageKey): void {
    const text = this.#texts()[key];
    this.#saidAt = performance.now();
    if (this.#status.textContent !== text) this.#status.textContent = text;
  }

  #texts(): Texts {
    return isEnglish(this) ? en : zh;
  }
}

/** A check that failed, with the key of the message for the person. */
class CheckError extends Error {
  constructor(readonly key: MessageKey, cause?: unknown) {
    super(`face check failed: ${key}`, { cause });
  }
}

function messageKeyOf(error: unknown): MessageKey {
  if (error instanceof CheckError) return error.key;
  const problem = error instanceof ScanError ? error.problem : "failed";
  return problem === "noCodeInPhoto" || problem === "notAPicture" ? "failed" : problem;
}

function challengeFrom(action: string): Promise<Challenge | undefined> {
  return requestChallenge(action).catch((error: unknown) => {
    throw new CheckError("offline", error);
  });
}

function box(className: string, ...children: Element[]): HTMLDivElement {
  const made = Object.assign(document.createElement("div"), { className });
  made.append(...children);
  return made;
}

function button(act: () => void): HTMLButtonElement {
  const made = Object.assign(document.createElement("button"), { type: "button" });
  made.addEventListener("click", act);
  return made;
}

function until(due: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, due - performance.now()));
}
