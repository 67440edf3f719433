/** The browser's side of a login at a Saoma gateway, without a page: {@link LoginConnection} and its states. */
export { LoginConnection, type LoginOptions } from "./connection.ts";
export { type KnownBrowser, knownBrowser, openOf } from "./known-browser.ts";
export { type LoginStorage, STORAGE_KEY } from "./login-storage.ts";
export { type LoginState, type ScannedState, type WaitingState, INITIAL_STATE, isSettled } from "./login-state.ts";
export type { Presence } from "./presence.ts";
export type { CancelReason, ErrorCode, OpenRequest, RejectReason } from "./generated.ts";
export { openAhead } from "./websocket.ts";
