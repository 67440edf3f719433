/** The phone app of a person, reduced to its three requests (docs/protocol.md §5). */
import { setTimeout } from "node:timers/promises";

import { tokenOf } from "./backend.ts";
import type { Person } from "./people.ts";

export class Phone {
  constructor(
    private readonly gateway: string,
    private readonly person: Person,
  ) {}

  /** Scans or types a code. Returns the id of its login. */
  async scan(code: { readonly qr: string } | { readonly user_code: string }): Promise<string> {
    const { login_id } = await this.#post("/v1/scans", code);
    return String(login_id);
  }

  /** Confirms a login as the person themselves, and that of a device after a comparison of its code. */
  async confirm(loginId: string, more: { readonly same_user_code?: true } = {}): Promise<void> {
    await this.#post(`/v1/logins/${loginId}/confirm`, { identity: "personal", ...more });
  }

  async reject(loginId: string): Promise<void> {
    await this.#post(`/v1/logins/${loginId}/reject`);
  }

  /** Sends a request, and again after the answer's `Retry-After` for as long as the browser is asked (§2). */
  async #post(path: string, body?: object): Promise<Readonly<Record<string, unknown>>> {
    const headers = { authorization: `Bearer ${tokenOf(this.person)}`, "content-type": "application/json" };
    const response = await fetch(this.gateway + path, { method: "POST", headers, ...(body && { body: JSON.stringify(body) }) });
    const answer: Record<string, unknown> = await response.json();
    if (response.ok) return answer;
    if (answer["error"] !== "not_agreed") throw new Error(`${path}: ${response.status} ${JSON.stringify(answer)}`);
    await setTimeout(1000 * Number(response.headers.get("retry-after")));
    return this.#post(path, body);
  }
}
