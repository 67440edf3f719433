/**
 * The page that creates a user: requests the SMS code without leaving the page, which would lose the password, counts down
 * to the next one, and checks while typing that a user ID is free. The server checks everything again.
 *
 * `button[data-get-code]` sends its form to its own action; `[data-code-status]` confirms that a code was sent;
 * `input[data-check-user-name]` is looked up; the element `FIELD-error` shows the problem of a field.
 */
import { isEnglish } from "./language.ts";

/** The server's answer. */
interface Answer {
  readonly problem: string | null;
  readonly field: string | null;
  readonly notice: string | null;
  /** Seconds until the next code can be sent. */
  readonly wait: number;
}

/** Milliseconds after the last key at which a user ID is looked up. */
const TYPING_PAUSE = 400;

const button = document.querySelector<HTMLButtonElement>("button[data-get-code]");
const userName = document.querySelector<HTMLInputElement>("input[data-check-user-name]");
if (button?.form) getCodesBy(button, button.form);
if (userName) lookUp(userName);

function getCodesBy(button: HTMLButtonElement, form: HTMLFormElement): void {
  const label = button.textContent ?? "";
  let sendsForm = false;
  button.addEventListener("click", async (event) => {
    if (sendsForm) return;
    event.preventDefault();
    button.disabled = true;
    const answer = await ask(button.formAction, { method: "POST", body: body(form) });
    if (answer === undefined) {
      button.disabled = false;
      sendsForm = true;
      button.click();
      sendsForm = false;
      return;
    }
    for (const field of ["phone", "code"]) show(field, answer.field === field ? answer.problem : null);
    const status = document.querySelector("[data-code-status]");
    if (status) status.textContent = answer.problem === null ? answer.notice : "";
    countDown(button, label, Date.now() + answer.wait * 1000);
  });
}

/** Returns all fields except the password, which the code does not need. */
function body(form: HTMLFormElement): URLSearchParams {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string" && name !== "password" && name !== "confirmation") fields.append(name, value);
  }
  return fields;
}

function countDown(button: HTMLButtonElement, label: string, deadline: number): void {
  const left = Math.ceil((deadline - Date.now()) / 1000);
  button.disabled = left > 0;
  button.textContent = left > 0 ? (isEnglish(button) ? `${label} (in ${left} s)` : `${label}（${left} 秒后）`) : label;
  if (left > 0) setTimeout(countDown, 1000, button, label, deadline);
}

function lookUp(input: HTMLInputElement): void {
  let waiting: ReturnType<typeof setTimeout> | undefined;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      const asked = input.value;
      const answer = await ask(`/register/user-name?${new URLSearchParams({ user_name: asked })}`, {});
      // The answer to an earlier value says nothing of the current one.
      if (answer !== undefined && input.value === asked) show(input.name, answer.problem);
    }, TYPING_PAUSE);
  });
}

function show(field: string, problem: string | null): void {
  const line = document.getElementById(`${field}-error`);
  if (line && line.textContent !== (problem ?? "")) line.textContent = problem ?? "";
  const input = document.getElementById(field);
  if (problem === null) input?.removeAttribute("aria-invalid");
  else input?.setAttribute("aria-invalid", "true");
}

/** Returns the answer. Without one it returns `undefined`, and the page works as without a script. */
async function ask(address: string, request: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(address, { ...request, headers: { accept: "application/json" }, redirect: "error" });
    const answer: Answer = await response.json();
    return answer;
  } catch {
    return undefined;
  }
}
