/** The backend of an app, which tells the gateway whose token a phone sends (RFC 7662), and who may still be logged in. */
import { once } from "node:events";
import { type IncomingMessage, type Server, createServer } from "node:http";
import { text } from "node:stream/consumers";

import { freeOrigin } from "../../web/e2e/ports.ts";
import { type Person, PEOPLE } from "./people.ts";

/** Credentials by which the gateway asks. */
const CREDENTIALS = { client_id: "saoma", client_secret: "a secret of the gateway" };

const INTROSPECT = "/introspect";

/** Name of the gateway in `aud`. */
const AUDIENCE = "saoma";

export class Backend {
  private constructor(
    readonly origin: string,
    private readonly server: Server,
  ) {}

  static async start(): Promise<Backend> {
    const origin = await freeOrigin();
    const server = createServer(async (request, response) => {
      if (!isTheGateway(request)) return void response.writeHead(401).end();
      const asked = new URLSearchParams(await text(request));
      const isAsked = (person: Person) => (request.url === INTROSPECT ? asked.get("token") === tokenOf(person) : asked.get("sub") === person.sub);
      const person = PEOPLE.find(isAsked);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(person ? answer(person) : { active: false }));
    });
    server.listen(Number(new URL(origin).port), "127.0.0.1");
    await once(server, "listening");
    return new Backend(origin, server);
  }

  /** Where the gateway asks whose a token is. */
  get introspection() {
    return { url: `${this.origin}${INTROSPECT}`, ...CREDENTIALS, audience: AUDIENCE };
  }

  /** Where the gateway asks whether a person may still be logged in. */
  get standing() {
    return { url: `${this.origin}/standing`, ...CREDENTIALS };
  }

  async stop(): Promise<void> {
    const closed = once(this.server, "close");
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}

/** Returns the access token with which a person's phone is logged in to the app. */
export function tokenOf({ sub }: Person): string {
  return `token-of-${sub}`;
}

/** Compares the credentials, which are encoded as a form before they are joined (RFC 6749 §2.3.1). */
function isTheGateway({ headers }: IncomingMessage): boolean {
  const [, encoded = ""] = /^Basic (.*)$/.exec(headers.authorization ?? "") ?? [];
  const [id, secret] = Buffer.from(encoded, "base64").toString().split(":");
  const given = new URLSearchParams(`client_id=${id}&client_secret=${secret}`);
  return given.get("client_id") === CREDENTIALS.client_id && given.get("client_secret") === CREDENTIALS.client_secret;
}

function answer(person: Person): object {
  const now = Math.floor(Date.now() / 1000);
  const identities = [{ id: "personal", kind: "personal", name: person.name }];
  return { active: true, aud: AUDIENCE, client_id: "app", token_type: "Bearer", exp: now + 3600, ...person, identities };
}
