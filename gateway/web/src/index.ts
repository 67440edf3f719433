/** The class of `<qr-login>` and its event. Nothing is defined here: `@saoma/qr-login/define` does that. */
export type { LoginState, ScannedState, WaitingState } from "@saoma/client";
export { LoginStateEvent } from "./login-state-event.ts";
export { QrLoginElement } from "./qr-login-element.ts";
