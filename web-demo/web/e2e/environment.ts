/** The environment that binaries get: this process's, without what they would take for settings, such as `SAOMA_BIN`. */
export function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SAOMA_")));
}
