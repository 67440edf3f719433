/**
 * The phone app's service worker: shows a page of its own while there is no network. It keeps that page and the static
 * files that it needs; pages of persons, forms and everything else go to the network and are never kept.
 */
import type { WorkerScope } from "./service-worker-scope.ts";

declare const self: WorkerScope;

const CACHE = "saoma-app-1";
const OFFLINE_PAGE = "/offline";
const KEPT = [OFFLINE_PAGE, "/assets/phone.css", "/assets/icon.png", "/assets/app-192.png"];

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOthers().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  if (request.mode === "navigate") event.respondWith(fetch(request).catch(() => kept(OFFLINE_PAGE)));
  else if (KEPT.includes(new URL(request.url).pathname)) event.respondWith(fetch(request).catch(() => kept(request.url)));
});

async function keep(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(KEPT.map((path) => new Request(path, { cache: "reload" })));
}

async function forgetOthers(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
}

async function kept(address: string): Promise<Response> {
  return (await caches.match(address, { ignoreSearch: true, ignoreVary: true })) ?? Response.error();
}
