/** The phone's scan page: what the camera reads goes through the same form as what is pasted. */
import "./scan-camera/register.ts";
import type { ScanCode } from "./scan-camera/scan-camera.ts";

declare global {
  interface DocumentEventMap {
    "scan-code": CustomEvent<ScanCode>;
  }
}

document.addEventListener("scan-code", ({ detail }) => {
  const form = document.querySelector<HTMLFormElement>("form[data-scan-form]");
  const field = form?.querySelector<HTMLInputElement>("input[name=text]");
  if (!form || !field) return;
  field.value = detail.text;
  form.requestSubmit();
});
