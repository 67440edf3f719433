/**
 * The phone's confirm page: counts down the time that is left for the answer.
 *
 * `[data-expires-in]` holds the seconds that are left when the page is served; its text is kept up to date. At 0 every
 * `button[data-confirm]` is disabled. The page also works without this script: the server refuses a late answer.
 */
import { type Texts, en, zh } from "./confirm-texts.ts";
import { isEnglish } from "./language.ts";

/** Seconds at which a screen reader hears the time that is left: every second would drown everything else. */
const ANNOUNCED_SECONDS = [60, 20, 0];

const line = document.querySelector<HTMLElement>("[data-expires-in]");
const seconds = Number.parseFloat(line?.dataset["expiresIn"] ?? "");
if (line && Number.isFinite(seconds)) countDown(line, Date.now() + seconds * 1000);

function countDown(line: HTMLElement, deadline: number): void {
  const texts = isEnglish(line) ? en : zh;
  const ticking = setInterval(tick, 1000);
  tick();

  function tick(): void {
    // By the clock, because a page in the background is not called every second.
    const left = Math.max(0, Math.ceil((deadline - Date.now()) / 1000));
    show(line, left, texts);
    if (left > 0) return;
    clearInterval(ticking);
    for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-confirm]")) button.disabled = true;
  }
}

function show(line: HTMLElement, left: number, texts: Texts): void {
  line.ariaLive = ANNOUNCED_SECONDS.includes(left) ? "polite" : "off";
  line.textContent = left > 0 ? texts.remaining(left) : texts.expired;
}
