/**
 * `<scan-camera>`: shows the phone's rear camera and reads the first QR code in its view.
 *
 * Texts are in the language of the nearest `lang`. Event: `scan-code`, a `CustomEvent` that bubbles, with a
 * {@link ScanCode} as its `detail`. The camera is closed after the first code, when the page is hidden, and when the element
 * leaves it.
 */
import { listen, statusLine, stylesheet } from "../dom.ts";
import { isEnglish } from "../language.ts";
import { type Camera, REAR, openCamera } from "./camera.ts";
import { type Pixels, Pictures } from "./pictures.ts";
import { type Problem, ScanError } from "./problem.ts";
import { ReaderWorker } from "./reader-worker.ts";
import { type Texts, en, zh } from "./texts.ts";

/** Interval between pictures. Ten a second feel immediate and spare the battery. */
const PICTURE_EVERY_MS = 100;

/** Length of the vibration, in milliseconds. */
const BUZZ_MS = 60;

/** Detail of the event. */
export interface ScanCode {
  /** Text of the QR code, not checked in any way. */
  readonly text: string;
}

/** Keys of the status line. */
type Status = Problem | "starting" | "looking" | "readingPhoto" | "found";

export class ScanCamera extends HTMLElement {
  readonly #video = Object.assign(document.createElement("video"), { muted: true, playsInline: true });
  readonly #view = box("view", this.#video, box("frame"));
  readonly #status = statusLine();
  readonly #torch = button(() => void this.#switchTorch());
  readonly #choosePhoto = button(() => this.#file.click());
  readonly #again = button(() => void this.#lookThroughCamera());
  readonly #file = Object.assign(document.createElement("input"), { type: "file", accept: "image/*", hidden: true });
  readonly #pictures = new Pictures();
  #reader: ReaderWorker | undefined;
  #camera: Camera | undefined;
  /** The current search for a code; aborted when the search is given up. */
  #search: AbortController | undefined;
  /** True if the search goes on once the page is visible again. */
  #interrupted = false;
  #connected = new AbortController();

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.append(stylesheet(new URL("scan-camera.css", import.meta.url)), this.#view, this.#status, box("actions", this.#again, this.#torch, this.#choosePhoto, this.#file));
    this.#file.addEventListener("change", () => this.#readChosenPhoto());
  }

  connectedCallback(): void {
    const texts = this.#texts();
    this.#video.setAttribute("aria-label", texts.picture);
    this.#torch.textContent = texts.torch;
    this.#choosePhoto.textContent = texts.choosePhoto;
    this.#again.textContent = texts.again;
    this.#connected = new AbortController();
    const { signal } = this.#connected;
    listen(document, "visibilitychange", signal, () => this.#onVisibility());
    listen(window, "pageshow", signal, ({ persisted }) => persisted && void this.#lookThroughCamera());
    this.#interrupted = true;
    this.#onVisibility();
  }

  disconnectedCallback(): void {
    this.#connected.abort();
    this.#stop();
    this.#reader?.close();
    this.#reader = undefined;
  }

  #onVisibility(): void {
    if (document.hidden) {
      if (this.#search !== undefined) this.#interrupted = true;
      this.#stop();
    } else if (this.#interrupted) {
      void this.#lookThroughCamera();
    }
  }

  #lookThroughCamera(): Promise<void> {
    return this.#searchBy("starting", async (search) => {
      const camera = await openCamera(REAR);
      if (search.aborted) camera.close();
      else await this.#show(camera, search);
      return this.#watch(search);
    });
  }

  #readChosenPhoto(): void {
    const photo = this.#file.files?.[0];
    // Otherwise a second choice of the same photo would be no change.
    this.#file.value = "";
    if (photo !== undefined) void this.#searchBy("readingPhoto", () => this.#readPhoto(photo));
  }

  /** Searches for a code with `find`, until it has one, fails, or the search is given up. */
  async #searchBy(status: Status, find: (search: AbortSignal) => Promise<string | undefined>): Promise<void> {
    this.#stop();
    this.#interrupted = false;
    this.#search = new AbortController();
    const { signal } = this.#search;
    this.#again.hidden = true;
    this.#say(status);
    try {
      const text = await find(signal);
      if (!signal.aborted && text !== undefined) this.#report(text);
    } catch (error) {
      if (!signal.aborted) this.#end(error instanceof ScanError ? error.problem : "failed");
    }
  }

  async #show(camera: Camera, search: AbortSignal): Promise<void> {
    search.addEventListener("abort", () => camera.close());
    camera.onTakenAway(() => this.#end("busy"));
    this.#camera = camera;
    this.#video.srcObject = camera.stream;
    await this.#video.play();
    this.#view.hidden = false;
    this.#torch.hidden = !camera.hasTorch;
    this.#torch.setAttribute("aria-pressed", "false");
    this.#say("looking");
  }

  async #watch(search: AbortSignal): Promise<string | undefined> {
    while (!search.aborted) {
      const due = performance.now() + PICTURE_EVERY_MS;
      const text = await this.#read(this.#pictures.ofVideo(this.#video));
      if (text !== undefined) return text;
      await until(due);
    }
    return undefined;
  }

  async #readPhoto(photo: File): Promise<string> {
    const picture = await this.#pictures.ofPhoto(photo).catch((error: unknown) => {
      throw new ScanError("notAPicture", error);
    });
    const text = await this.#read(picture);
    if (text === undefined) throw new ScanError("noCodeInPhoto");
    return text;
  }

  async #read(picture: Pixels): Promise<string | undefined> {
    try {
      this.#reader ??= new ReaderWorker();
      return await this.#reader.read(picture);
    } catch (error) {
      this.#reader = undefined;
      throw new ScanError("noReader", error);
    }
  }

  #report(text: string): void {
    this.#end("found");
    if ("vibrate" in navigator) navigator.vibrate(BUZZ_MS);
    this.dispatchEvent(new CustomEvent<ScanCode>("scan-code", { bubbles: true, detail: { text } }));
  }

  /** Ends the search and shows the result. The person may start another. */
  #end(status: Status): void {
    this.#stop();
    this.#again.hidden = false;
    this.#say(status);
  }

  #stop(): void {
    this.#search?.abort();
    this.#search = undefined;
    this.#camera = undefined;
    this.#video.srcObject = null;
    this.#view.hidden = true;
    this.#torch.hidden = true;
  }

  async #switchTorch(): Promise<void> {
    const on = this.#torch.getAttribute("aria-pressed") !== "true";
    try {
      await this.#camera?.switchTorch(on);
      this.#torch.setAttribute("aria-pressed", String(on));
    } catch {
      // Some cameras claim a torch that they cannot switch on.
      this.#torch.hidden = true;
    }
  }

  #say(status: Status): void {
    this.#status.textContent = this.#texts()[status];
  }

  #texts(): Texts {
    return isEnglish(this) ? en : zh;
  }
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
