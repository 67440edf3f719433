/** The element's looks. A page sets `--saoma-accent` and reaches parts by `::part()`. */
export const styles = new CSSStyleSheet();
styles.replaceSync(`
:host { display: block; max-width: 22rem; margin-inline: auto; color: CanvasText; font: inherit; text-align: center;
  --accent: var(--saoma-accent, #0b5cad); color-scheme: light dark; }
:host([hidden]) { display: none; }
.code { position: relative; width: min(15rem, 100%); aspect-ratio: 1; margin: 0 auto 1rem; background: #fff;
  border: 1px solid color-mix(in srgb, CanvasText 20%, Canvas); border-radius: .75rem; overflow: hidden; }
.code.large { width: min(30rem, 100%); }
.code svg { display: block; width: 100%; height: 100%; }
.mask { position: absolute; inset: 0; display: grid; place-content: center; padding: 1rem; border: 0; width: 100%;
  background: color-mix(in srgb, Canvas 82%, transparent); color: CanvasText; font: inherit; font-weight: 600; }
button.mask { cursor: pointer; }
.tick { width: 4rem; height: 4rem; margin: 0 auto; border-radius: 50%; background: #1a7f37; color: #fff;
  font-size: 2.25rem; line-height: 4rem; }
.badge { position: absolute; inset: auto 0 0; padding: .35rem; background: #7a4a00; color: #fff; font-size: .875rem; }
.status { min-height: 1.6em; margin: 0 0 .35rem; font-weight: 600; }
.remaining, .warning { margin: 0 0 .5rem; font-size: .875rem; opacity: .8; }
.actions { display: flex; flex-wrap: wrap; gap: .5rem; justify-content: center; margin-block: .5rem; }
.actions button, .actions a, summary { min-height: 44px; padding: .5rem .9rem; border-radius: .5rem; font: inherit; cursor: pointer; }
.actions button, .actions a { border: 1px solid var(--accent); background: Canvas; color: var(--accent); text-decoration: none;
  box-sizing: border-box; display: inline-flex; align-items: center; }
.actions .main { background: var(--accent); color: #fff; }
summary { display: inline-block; box-sizing: border-box; color: var(--accent); }
.typed { font-size: 1.5rem; font-family: ui-monospace, monospace; letter-spacing: .08em; user-select: all; overflow-wrap: anywhere; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.skeleton { animation: appear 0s .3s both; background: color-mix(in srgb, CanvasText 8%, Canvas); height: 100%; }
@keyframes appear { from { visibility: hidden; } }
@media (prefers-color-scheme: dark) { :host { --accent: var(--saoma-accent-dark, #7db8f5); } .actions .main { color: #00213f; } }
@media (forced-colors: active) { .mask { background: Canvas; } .tick { border: 2px solid CanvasText; } }
`);
