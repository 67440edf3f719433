/** What is shown of a login's state: its name, its deadline, and the icon and colour of the page's title. */
import type { LoginState, ScannedState, WaitingState } from "@saoma/client";
import type { Icon } from "./icons.ts";

/**
 * Name of what is shown, which the element reflects in `data-state`: that of the state, or `asked` while the person is to
 * say whether it is they, or `unreachable` while there is no code for want of a connection.
 */
export type View = LoginState["name"] | "asked" | "unreachable";

export function viewOf(state: LoginState): View {
  if (isAsked(state)) return "asked";
  return state.name === "loading" && !state.connected ? "unreachable" : state.name;
}

/** Returns true while the person at the browser is asked whether it is they who have scanned. */
export function isAsked(state: LoginState): state is ScannedState {
  return state.name === "scanned" && state.mustAgree;
}

/** Returns true while the gateway renews no code, because the person asked too often. */
export function isRefreshHeldBack(state: LoginState): state is WaitingState & { readonly renewableAt: number } {
  return state.name === "waiting" && state.renewableAt !== undefined && state.renewableAt > Date.now();
}

/** Returns the instant to count down to, in Unix milliseconds. */
export function deadlineOf(state: LoginState): number | undefined {
  if (state.name === "delayed") return state.retryAt;
  if (isRefreshHeldBack(state)) return state.renewableAt;
  return "expiresAt" in state ? state.expiresAt : undefined;
}

/** Icons on the stage; the others show a code or a person there. */
export const STAGE_ICONS: Readonly<Partial<Record<View, Icon>>> = {
  unreachable: "offline",
  delayed: "clock",
  confirmed: "tick",
  rejected: "cross",
  cancelled: "cross",
  superseded: "windows",
  refused: "alert",
};

/** Icon and colour of the page's icon. */
export const PAGE_ICONS: Readonly<Partial<Record<View, readonly [Icon, string]>>> = {
  asked: ["question", "#0b5cad"],
  scanned: ["phone", "#0b5cad"],
  confirmed: ["tick", "#17693a"],
};
