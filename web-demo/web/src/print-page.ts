/** Shows the button that prints the page: without a script the browser's own command does. */
const line = document.querySelector<HTMLElement>("[data-print]");

if (line) {
  line.hidden = false;
  line.querySelector("button")?.addEventListener("click", () => window.print());
}
