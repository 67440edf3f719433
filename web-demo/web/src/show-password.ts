/**
 * Puts a button beside each password field that shows what is typed, and hides it again. The field works without: the
 * button is made here, and the form sends the field as a password in any case, so that no browser offers its text later.
 */
import { isEnglish } from "./language.ts";

for (const field of document.querySelectorAll<HTMLInputElement>("input[type=password]")) addButton(field);

function addButton(field: HTMLInputElement): void {
  const [show, hide] = isEnglish(field) ? ["Show", "Hide"] : ["显示", "隐藏"];
  const label = document.querySelector(`label[for="${field.id}"]`);
  const row = Object.assign(document.createElement("div"), { className: "secret" });
  const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet" });
  const turn = (shown: boolean): void => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? hide : show;
  };
  if (label) {
    label.id = `${field.id}-label`;
    button.setAttribute("aria-describedby", label.id);
  }
  const isFocused = document.activeElement === field;
  field.replaceWith(row);
  row.append(field, button);
  if (isFocused) field.focus();
  turn(false);
  button.addEventListener("click", () => turn(field.type === "password"));
  field.form?.addEventListener("submit", () => turn(false));
}
