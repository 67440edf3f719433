// The oldest browsers in which gateway and hall work.

/** Oldest versions, all of 2020. Tests take away from a real browser what is newer, and look for it in scripts and stylesheets. */
export const OLDEST_BROWSERS = { chrome: "80", safari: "14", firefox: "78" };

/** Language level of the scripts. `import.meta` is newer, but no newer than the browsers. */
export const ECMA_VERSION = 2019;

/** Options of esbuild. */
export const FOR_OLDEST = {
  target: [`es${ECMA_VERSION}`, ...Object.entries(OLDEST_BROWSERS).map(([browser, version]) => browser + version)],
  supported: { "import-meta": true },
  minify: true,
  legalComments: "none",
};
