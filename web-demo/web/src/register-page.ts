/**
 * The page that creates a user: sends the code without leaving the page, which would lose the password, counts down until
 * the next one, and says while it is typed whether a user ID can be had. The server decides all of it again.
 *
 * `button[data-get-code]` sends its form to its own action; `[data-code-status]` says that a code was sent;
 * `input[data-check-user-name]` is looked up; problems stand in the element that is named `FIELD-error`.
 */
import { isEnglish } from "./language.ts";

/** What the server answers. */
interface Answer {
  readonly problem: string | null;
  readonly field: string | null;
  readonly notice: string | null;
  /** Seconds until the next code can be sent. */
  readonly wait: number;
}

/** Milliseconds without a key after which a user ID is looked up. */
const TYPING_PAUSE = 400;

const button = document.querySelector<HTMLButtonElement>("button[data-get-code]");
const userName = document.querySelector<HTMLInputElement>("input[data-check-user-name]");
if (button?.form) getCodesBy(button, button.form);
if (userName) lookUp(userName);

function getCodesBy(button: HTMLButtonElement, form: HTMLFormElement): void {
  const label = button.textContent ?? "";
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const answer = await ask(button.formAction, { method: "POST", body: body(form) });
    if (answer === undefined) {
      button.disabled = false;
      form.requestSubmit(button);
      return;
    }
    for (const field of ["phone", "code"]) show(field, answer.field === field ? answer.problem : null);
    const status = document.querySelector("[data-code-status]");
    if (status) status.textContent = answer.problem === null ? answer.notice : "";
    countDown(button, label, Date.now() + answer.wait * 1000);
  });
}

/** All fields but the password, which has no business there. */
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
      // The answer to what stood there before says nothing of what stands there now.
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

/** Nothing when there is no answer: the page then does what it does without a script. */
async function ask(address: string, request: RequestInit): Promise<Answer | undefined> {
  try {
    const response = await fetch(address, { ...request, headers: { accept: "application/json" }, redirect: "error" });
    const answer: Answer = await response.json();
    return answer;
  } catch {
    return undefined;
  }
}
