/** Returns the environment of the binaries: that of this process without `SAOMA_*`, which they would read as settings. */
export function environment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("SAOMA_")));
}
