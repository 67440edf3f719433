/** The hall and its gateway in two processes, as in a deployment. */
import { Demo } from "./demo.ts";
import { type ClientSettings, Gateway } from "./gateway.ts";
import { freeOrigin } from "./ports.ts";

const HALL_SECRET = "a secret of the hall";
const INTROSPECTION_SECRET = "a secret of the gateway";
const EVENTS_SECRET = "a secret of the app";

export class SplitDeployment {
  private constructor(
    readonly demo: Demo,
    readonly gateway: Gateway,
  ) {}

  /** Starts both, and registers further relying parties at the gateway. */
  static async start(others: readonly ClientSettings[] = []): Promise<SplitDeployment> {
    const origin = await freeOrigin();
    const secrets = ["--client-secret", HALL_SECRET, "--introspection-secret", INTROSPECTION_SECRET, "--events-secret", EVENTS_SECRET];
    const demo = await Demo.start({}, ["--gateway-url", origin, ...secrets]);
    const { portal, phone } = demo.addresses;
    const introspection = { url: `${phone}/oauth2/introspect`, client_id: "saoma", client_secret: INTROSPECTION_SECRET, audience: "saoma" };
    const hall: ClientSettings = {
      client_id: "service-hall",
      name: "示例省人力资源和社会保障网上服务大厅",
      secret: HALL_SECRET,
      redirect_uris: [`${portal}/callback`],
      origins: [portal],
    };
    return new SplitDeployment(demo, await Gateway.start(origin, introspection, [hall, ...others]));
  }

  async stop(): Promise<void> {
    await this.gateway.stop();
    await this.demo.stop();
  }
}
