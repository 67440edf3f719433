/** On every page of the phone app: registers the service worker, by which the installed app has a page without a network. */

/** Trusted Types policy of the worker's address. */
const POLICY = "app-worker";
const ADDRESS = "/service-worker.js";

if ("serviceWorker" in navigator) {
  const policy = typeof trustedTypes === "undefined" ? undefined : trustedTypes.createPolicy(POLICY, { createScriptURL: () => ADDRESS });
  // Without a worker the browser shows its own page when there is no network.
  navigator.serviceWorker.register(policy?.createScriptURL(ADDRESS) ?? ADDRESS).catch(() => undefined);
}
