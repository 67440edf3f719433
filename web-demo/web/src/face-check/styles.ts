/** Style of the element. A page sets `--saoma-accent`, as for `<qr-login>`. */
export const styles = new CSSStyleSheet();
styles.replaceSync(`
:host { display: block; max-width: 30rem; margin-inline: auto; color: CanvasText; font: inherit; text-align: center;
  --accent: var(--saoma-accent, #0b5cad); --on-accent: #fff; --good: #1a7f37; color-scheme: light dark; }
:host([hidden]), [hidden] { display: none !important; }
.view { position: relative; width: min(100%, 20rem); aspect-ratio: 1; margin-inline: auto; overflow: hidden; border-radius: 50%; background: #111; }
/* As in a mirror: a move to the left is seen on the left. */
video { display: block; width: 100%; height: 100%; object-fit: cover; transform: scaleX(-1); }
.ring { position: absolute; inset: 0; border: 6px dashed #fff; border-radius: 50%; transition: border-color .2s; }
.ring[data-good] { border-style: solid; border-color: var(--good); }
.status { min-height: 3em; margin: .75rem 0 .5rem; font-weight: 600; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: center; margin-block-end: 1rem; }
button { min-height: 44px; min-width: 44px; padding: .5rem 1.25rem; border: 1px solid var(--accent); border-radius: .5rem;
  background: Canvas; color: var(--accent); font: inherit; font-weight: 600; cursor: pointer; }
button.main { background: var(--accent); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (prefers-color-scheme: dark) { :host { --accent: var(--saoma-accent-dark, #7db8f5); --on-accent: #00213f; --good: #7ee2a0; } }
@media (prefers-reduced-motion: reduce) { .ring { transition: none; } }
@media (forced-colors: active) { button, button.main { border-color: ButtonText; background: ButtonFace; color: ButtonText; } .ring[data-good] { border-color: Highlight; } }
`);
