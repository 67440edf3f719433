/** The bar at the foot of a page that counts down the end of a login, and asks two minutes before whether to stay. */

/** Seconds before the end at which the bar asks. */
const ASKS_BEFORE = 120;

const bar = document.getElementById("session-bar");
const form = bar?.querySelector("form");
const words = form?.querySelector("p");

if (bar && form && words) {
  const { seconds, warning = "", over = "", second = "" } = bar.dataset;
  // The sentence, and what narrow screens leave out.
  let calm = words.firstChild?.textContent ?? "";
  const more = words.querySelector("span");
  let end = Date.now() + Number(seconds) * 1000;
  let timer = 0;
  let asked = false;

  /** Asks the server for the time that is left: another tab may have lengthened it. */
  const ask = async (method: "GET" | "POST"): Promise<void> => {
    const path = method === "POST" ? form.action : "/session";
    try {
      const answer = await fetch(path, { method, headers: { accept: "application/json" } });
      const left = (await answer.json()) as { seconds: number; text?: string };
      end = Date.now() + left.seconds * 1000;
      calm = left.text ?? calm;
    } catch {
      // Without an answer the bar counts on by what it knows.
    }
  };

  const say = (text: string, count: string): void => {
    const counter = document.createElement("span");
    counter.textContent = count;
    // The sentence is read out once, and not each second.
    counter.setAttribute("aria-hidden", "true");
    words.textContent = text + " ";
    words.append(counter);
  };

  const tick = async (): Promise<void> => {
    let left = Math.ceil((end - Date.now()) / 1000);
    if (left <= ASKS_BEFORE && !asked) {
      asked = true;
      await ask("GET");
      left = Math.ceil((end - Date.now()) / 1000);
    }
    if (left > ASKS_BEFORE) {
      asked = false;
      bar.classList.remove("urgent");
      words.removeAttribute("role");
      words.textContent = calm;
      if (more) words.append(" ", more);
      timer = window.setTimeout(tick, Math.min((left - ASKS_BEFORE) * 1000, 2 ** 30));
      return;
    }
    bar.classList.add("urgent");
    if (left <= 0) {
      await ask("GET");
      if (end > Date.now()) {
        timer = window.setTimeout(tick, 0);
        return;
      }
      words.setAttribute("role", "alert");
      words.textContent = over;
      form.querySelector("button")?.remove();
      return;
    }
    if (words.getAttribute("role") !== "alert") {
      words.setAttribute("role", "alert");
      say(warning, `${String(left)} ${second}`);
    } else {
      const counter = words.querySelector("span");
      if (counter) counter.textContent = `${String(left)} ${second}`;
    }
    timer = window.setTimeout(tick, 1000);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    window.clearTimeout(timer);
    void ask("POST").then(tick);
  });
  // A computer that slept has lost time without a tick.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) {
      window.clearTimeout(timer);
      void tick();
    }
  });
  void tick();
}
