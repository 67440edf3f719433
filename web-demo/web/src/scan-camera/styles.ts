/** Style of the element. A page sets `--saoma-accent`, as for `<qr-login>`. */
export const styles = new CSSStyleSheet();
styles.replaceSync(`
:host { display: block; max-width: 30rem; margin-inline: auto; color: CanvasText; font: inherit; text-align: center;
  --accent: var(--saoma-accent, #0b5cad); --on-accent: #fff; color-scheme: light dark; }
:host([hidden]), [hidden] { display: none !important; }
.view { position: relative; aspect-ratio: 1; overflow: hidden; border-radius: .75rem; background: #111; }
video { display: block; width: 100%; height: 100%; object-fit: cover; }
.frame { position: absolute; inset: 14%; border: 3px solid #fff; border-radius: .75rem; box-shadow: 0 0 0 100vmax #0006; }
.frame::after { content: ""; position: absolute; inset: 0 4% auto; height: 2px; background: #fff; animation: sweep 2.4s ease-in-out infinite alternate; }
@keyframes sweep { to { top: 100%; } }
.status { min-height: 3em; margin: .75rem 0 .5rem; font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: center; }
button { min-height: 44px; min-width: 44px; padding: .5rem .9rem; border: 1px solid var(--accent); border-radius: .5rem;
  background: Canvas; color: var(--accent); font: inherit; cursor: pointer; }
button.main, button[aria-pressed=true] { background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (prefers-color-scheme: dark) { :host { --accent: var(--saoma-accent-dark, #7db8f5); --on-accent: #00213f; } }
@media (prefers-reduced-motion: reduce) { .frame::after { animation: none; top: 50%; } }
@media (forced-colors: active) {
  button, button.main { border-color: ButtonText; background: ButtonFace; color: ButtonText; }
  button[aria-pressed=true] { background: Highlight; color: HighlightText; }
}
`);
