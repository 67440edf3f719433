import type { LoginState } from "@saoma/client";

/**
 * The event `saoma-state`: a new state of the login. It bubbles.
 *
 * When the state is `confirmed`, `preventDefault()` keeps the browser on the page.
 */
export class LoginStateEvent extends CustomEvent<LoginState> {
  constructor(state: LoginState) {
    super("saoma-state", { detail: state, bubbles: true, cancelable: true });
  }

  /** The new state; `detail` is the same. */
  get state(): LoginState {
    return this.detail;
  }
}
