/** The phone's scan page: a scanned text goes through the same form as a pasted one. */
import "./scan-camera/define.ts";
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
  form.submit();
});
