/** Storage in which a login outlives a reload of its page. */
import { type SavedLogin, decodeStoredLogin } from "./decode.ts";
import type { OpenRequest } from "./generated.ts";

/** The part of `sessionStorage` that is used. A session storage belongs to one tab and ends with it. */
export type LoginStorage = Pick<Storage, "getItem" | "setItem" | "removeItem">;

/** Key under which the login is stored, so that a page can look for one. */
export const STORAGE_KEY = "saoma.login";

/** Returns the stored login if it answers this request and has time left, and deletes any other. */
export function restoreLogin(storage: LoginStorage | undefined, request: OpenRequest, now: number): SavedLogin | undefined {
  const stored = decodeStoredLogin(storage?.getItem(STORAGE_KEY) ?? "");
  // A page with another request, such as with a new `state`, must not get the answer to the old one.
  if (stored?.request === JSON.stringify(request) && stored.shown.expiresAt > now) {
    const { login_id, receive_key, last_seq, attempt, shown } = stored;
    return { login_id, receive_key, last_seq, attempt, shown };
  }
  storage?.removeItem(STORAGE_KEY);
  return undefined;
}

/** Stores a login with the request that it answers, or deletes it. */
export function storeLogin(storage: LoginStorage | undefined, request: OpenRequest, saved: SavedLogin | undefined): void {
  if (!saved) return storage?.removeItem(STORAGE_KEY);
  try {
    storage?.setItem(STORAGE_KEY, JSON.stringify({ ...saved, request: JSON.stringify(request) }));
  } catch {
    // The storage is full or denied: the login lives as long as the page.
  }
}
