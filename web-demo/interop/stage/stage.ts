/** A gateway, the backend of an app, relying parties, and a browser in which people visit them. */
import type { Browser, Page, Request } from "playwright-core";

import { launchBrowser } from "../../web/e2e/browser.ts";
import { type ClientSettings, Gateway } from "../../web/e2e/gateway.ts";
import { freeOrigin } from "../../web/e2e/ports.ts";
import { Portal } from "../../web/e2e/portal.ts";
import { en } from "../../web/e2e/words.ts";
import { Backend } from "./backend.ts";
import { JIA } from "./people.ts";
import { Phone } from "./phone.ts";
import { type Program, Site } from "./site.ts";

/** Secret of the relying parties. Some send it by Basic as it is, others encoded (RFC 6749 §2.3.1). */
export const SECRET = "a+secret with%20and%zz/:=&";

/** Time after which a page that does not come makes a test fail, in milliseconds. */
const TIMEOUT = 10_000;

/** Setting of a client that reads the ID token alone, and not the userinfo endpoint. */
export const ID_TOKEN = { id_token_claims: true };

/** Setting of a client that renews its tokens. */
export const REFRESH = { refresh_tokens: "1h" };

/** Settings of a client that logs out at the gateway, too. */
export const signOn = (origin: string) => ({ sso: "1h", post_logout_redirect_uris: [`${origin}/`] });

/** What the gateway and the relying party are told of each other. */
export interface Registration {
  readonly client_id: string;
  /** Settings of the client at the gateway, at the relying party's origin. */
  readonly client: (origin: string) => Omit<ClientSettings, "client_id" | "name">;
  /** The site's server. A terminal has none. */
  readonly program?: Program;
}

export class Stage {
  readonly #sites: Site[] = [];
  readonly #origins = new Map<string, string>();

  private constructor(
    readonly gateway: Gateway,
    private readonly backend: Backend,
    private readonly browser: Browser,
  ) {}

  static async start(registrations: readonly Registration[]): Promise<Stage> {
    const gatewayOrigin = await freeOrigin();
    const origins = new Map<string, string>();
    // Another site than the gateway's, as cookies see it.
    for (const { client_id } of registrations) origins.set(client_id, (await freeOrigin()).replace("127.0.0.1", "localhost"));
    const originOf = ({ client_id }: Registration) => origins.get(client_id) ?? "";
    const clients = registrations.map((registration) => ({
      client_id: registration.client_id,
      name: "示例站点",
      ...registration.client(originOf(registration)),
    }));
    const backend = await Backend.start();
    const gateway = await Gateway.start(gatewayOrigin, backend.introspection, clients, undefined, backend.standing);
    const stage = new Stage(gateway, backend, await launchBrowser());
    for (const [client_id, origin] of origins) stage.#origins.set(client_id, origin);
    const starting = registrations.map(async ({ client_id, program }) => {
      if (program === undefined) return;
      const origin = stage.originOf(client_id);
      const credentials = { CLIENT_ID: client_id, CLIENT_SECRET: SECRET };
      stage.#sites.push(await Site.start(program, { ISSUER: gatewayOrigin, ORIGIN: origin, ...credentials }));
    });
    await Promise.all(starting).catch(async (error: unknown) => {
      await Promise.allSettled(starting);
      await stage.stop();
      throw error;
    });
    return stage;
  }

  originOf(clientId: string): string {
    const origin = this.#origins.get(clientId);
    if (origin === undefined) throw new Error(`no client is named ${clientId}`);
    return origin;
  }

  /** The phone of the person who logs in. */
  get phone(): Phone {
    return new Phone(this.gateway.origin, JIA);
  }

  /** Opens the page of a relying party in a new window. */
  visit(clientId: string): Promise<Portal> {
    return this.openAt(`${this.originOf(clientId)}/`);
  }

  /** Opens any page in a new window. */
  openAt(address: string): Promise<Portal> {
    return Portal.visit(this.browser, address, en, async (context) => context.setDefaultTimeout(TIMEOUT));
  }

  /** Logs a window in whose hosted page shows a code, and waits for the page of the relying party. */
  async confirm(window: Portal): Promise<void> {
    const loginId = await this.#scan(window);
    await window.agrees();
    await this.phone.confirm(loginId);
    await this.isBack(window.page);
  }

  /** Scans the code of a window and declines. The window does not wait until the hosted page goes back by itself. */
  async decline(window: Portal): Promise<void> {
    await this.phone.reject(await this.#scan(window));
    await window.page.getByRole("button", { name: /^Back to/ }).click();
    await this.isBack(window.page);
  }

  /** Waits until a page is not the gateway's. */
  async isBack(page: Page): Promise<void> {
    await page.waitForURL((url) => url.origin !== this.gateway.origin);
  }

  /** Begins a login, and returns true if the gateway answers with a code to scan, false if it sends the browser back at once. */
  async asksForCode({ page }: Portal, begin: (page: Page) => Promise<unknown>): Promise<boolean> {
    const isAsked = (request: Request) => request.isNavigationRequest() && new URL(request.url()).pathname === "/oauth2/authorize";
    const asked = page.waitForRequest(isAsked);
    await begin(page);
    const response = await (await asked).response();
    // The text of a page that has posted its answer already cannot be read.
    const text = response?.status() === 200 ? await response.text().catch(() => "") : "";
    return text.includes("<qr-login");
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await Promise.all(this.#sites.map((site) => site.stop()));
    await this.gateway.stop();
    await this.backend.stop();
  }

  async #scan(window: Portal): Promise<string> {
    await window.showsCode();
    const { qr } = await window.codes();
    return this.phone.scan({ qr });
  }
}
