/**
 * The phone's confirm page: counts down the time that is left for the answer, and confirms again by itself while the
 * computer is asked whether it is this person.
 *
 * `[data-expires-in]` holds the seconds that are left when the page is served; its text is kept up to date. At 0 every
 * `button[data-confirm]` is disabled. `[data-confirms-again]` is there after a confirm to which the computer has not agreed
 * yet. The page also works without this script: the server refuses a late answer, and the button confirms again.
 */
import { type Texts, en, zh } from "./confirm-texts.ts";
import { isEnglish } from "./language.ts";

/** Seconds at which a screen reader hears the time that is left: every second would drown everything else. */
const ANNOUNCED_SECONDS = [60, 20, 0];

/** Least seconds between two confirms. The gateway takes 30 a minute from a person. */
const RETRY_SECONDS = 3;

const line = document.querySelector<HTMLElement>("[data-expires-in]");
const seconds = Number.parseFloat(line?.dataset["expiresIn"] ?? "");
if (line && Number.isFinite(seconds)) {
  const deadline = Date.now() + seconds * 1000;
  countDown(line, deadline);
  const button = document.querySelector<HTMLButtonElement>("button[data-confirm]");
  if (button && document.querySelector("[data-confirms-again]")) confirmAgain(button, deadline, RETRY_SECONDS);
}

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
  line.setAttribute("aria-live", ANNOUNCED_SECONDS.includes(left) ? "polite" : "off");
  line.textContent = left > 0 ? texts.remaining(left) : texts.expired;
}

/** Confirms after `wait` seconds with the choice that is made then, and again until there is an answer that stays. */
function confirmAgain(button: HTMLButtonElement, deadline: number, wait: number): void {
  setTimeout(() => {
    if (Date.now() < deadline) void sendConfirm(button).then((next) => next && confirmAgain(button, deadline, next));
  }, wait * 1000);
}

/** Sends the form. Returns the seconds until the next try, or shows the answer and returns nothing. */
async function sendConfirm(button: HTMLButtonElement): Promise<number | undefined> {
  const choice = new FormData(button.form ?? undefined).get("identity");
  // A choice that was taken back: the person makes another and presses the button.
  if (typeof choice !== "string") return RETRY_SECONDS;
  const body = new URLSearchParams({ identity: choice });
  const response = await fetch(button.formAction, { method: "POST", body }).catch(() => undefined);
  if (response === undefined) return RETRY_SECONDS;
  const retryAfter = response.headers.get("retry-after");
  if (retryAfter !== null) return Math.max(RETRY_SECONDS, Number(retryAfter) || 0);
  if (response.redirected) location.replace(response.url);
  else {
    // The answer is an error that stays: the same confirm brings the page that tells it.
    button.disabled = false;
    button.click();
  }
  return undefined;
}
