/** The script of the hosted login page in a real browser: the ways back to the relying party. */
import { build } from "esbuild";
import { type Browser, type Page, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type BrowserConnection, ScriptedGateway } from "../../../protocol/typescript/tests/scripted-gateway.ts";
import { cssAsText } from "../css-as-text.mjs";
import { asking, opened, scanned } from "./support/element-page.ts";

const STATE = "a state & its \"quotes\"";
const ISSUER = "https://login.example";

/** End of the address of a session whose beginning is not answered. */
const SILENT = "silent";

/** A request that came to the redirect URI. */
interface Came {
  readonly method: string;
  readonly parameters: Record<string, string>;
}

const scripts = new Map<string, string>();
let browser: Browser;
let gateway: ScriptedGateway;
let came: Promise<Came>;
/** Requests that began a session. */
let begun: { readonly path: string; readonly key: unknown; readonly origin: unknown }[];

beforeAll(async () => {
  for (const [name, entryPoint] of [["/hosted-login.js", "src/hosted-login.ts"], ["/qr-login.js", "src/define.ts"]] as const) {
    const { outputFiles } = await build({
      absWorkingDir: new URL("..", import.meta.url).pathname,
      entryPoints: [entryPoint],
      bundle: true,
      write: false,
      format: "esm",
      conditions: ["@saoma/source"],
      plugins: [cssAsText],
    });
    scripts.set(name, outputFiles[0]?.text ?? "");
  }
  browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
  });
});

afterAll(() => browser?.close());

beforeEach(async () => {
  let comes: (came: Came) => void;
  came = new Promise((resolve) => (comes = resolve));
  begun = [];
  gateway = await ScriptedGateway.start((request, response) => {
    const url = new URL(request.url ?? "", gateway.origin);
    const script = scripts.get(url.pathname);
    if (script !== undefined) {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    } else if (url.pathname === "/callback") {
      const { method = "" } = request;
      void request.toArray().then((chunks) => {
        const query = method === "POST" ? Buffer.concat(chunks).toString() : url.search;
        comes({ method, parameters: Object.fromEntries(new URLSearchParams(query)) });
        response.writeHead(200, { "content-type": "text/html" }).end("<title>the site</title>");
      });
    } else if (url.pathname.startsWith("/oauth2/sessions/")) {
      begun.push({ path: url.pathname, key: request.headers["saoma-receive-key"], origin: request.headers.origin });
      // A session that does not begin must not keep the browser.
      if (!url.pathname.endsWith(SILENT)) response.writeHead(204).end();
    } else if (url.pathname === "/page" || url.pathname === "/answer") {
      const mode = url.searchParams.get("mode") ?? "query";
      const attributes = url.searchParams.get("attributes") ?? "";
      const page = url.pathname === "/page" ? loginPage(mode, gateway.origin, attributes) : answerPage(gateway.origin);
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-security-policy": policy(mode) }).end(page);
    } else {
      return false;
    }
    return true;
  });
});

afterEach(async () => {
  for (const context of browser.contexts()) await context.close();
  await gateway.stop();
});

/** The policy of the gateway's own pages. */
function policy(mode: string): string {
  const formAction = mode === "form_post" ? "'self'" : "'none'";
  return `default-src 'none'; script-src 'self'; connect-src 'self' ws:; form-action ${formAction}; require-trusted-types-for 'script'; trusted-types 'none'`;
}

/** The page as `login.html` makes it. */
const loginPage = (mode: string, origin: string, attributes = "") => `<!doctype html><html lang="en">
  <script type="module" src="/hosted-login.js"></script><script type="module" src="/qr-login.js"></script>
  <qr-login client-id="hall" redirect-uri="${origin}/callback?from=saoma" code-challenge="${"A".repeat(43)}" locale="en" ${attributes}></qr-login>
  <form id="answer" ${attributes} method="post" action="${origin}/callback?from=saoma" data-mode="${mode}" data-issuer="${ISSUER}"
    data-state="${STATE.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}">
    <p role="status" data-text="You are taken back in 5 s"></p>
    <button type="button" hidden data-continue="Continue here">Back to Service hall</button>
  </form>`;

/** The page as `answer.html` makes it. */
const answerPage = (origin: string) => `<!doctype html><script type="module" src="/hosted-login.js"></script>
  <form id="answer" method="post" action="${origin}/callback?from=saoma">
    <input type="hidden" name="error" value="login_required"><button>Continue</button>
  </form>`;

async function open(mode = "query", attributes = ""): Promise<{ page: Page; connection: BrowserConnection }> {
  const page = await browser.newPage();
  await page.clock.install();
  await page.goto(`${gateway.origin}/page?mode=${mode}&attributes=${encodeURIComponent(attributes)}`);
  const connection = await gateway.nextConnection();
  connection.send(opened);
  await page.getByRole("img", { name: "Login QR code" }).waitFor();
  return { page, connection };
}

/** Waits until the site's page is shown, and returns the request for it. A page that still loads cannot be closed. */
async function arrived(page: Page): Promise<Came> {
  const request = await came;
  await page.waitForFunction(() => document.title === "the site");
  return request;
}

const back = (page: Page) => page.getByRole("button", { name: "Back to Service hall" });

describe.each(["query", "form_post"])("in the response mode %s", (mode) => {
  const by = mode === "query" ? "GET" : "POST";
  const own = mode === "query" ? { from: "saoma" } : {};
  const denied = (error_description: string): Came => ({
    method: by,
    parameters: { ...own, error: "access_denied", error_description, state: STATE, iss: ISSUER },
  });

  test("the code goes back with the state that only the page knows", async () => {
    const { page, connection } = await open(mode);
    expect(connection.first).not.toHaveProperty("state");
    connection.send(scanned, { type: "confirmed", seq: 3, redirect_to: `${gateway.origin}/callback?from=saoma&iss=x&code=ID.c0-de_` });
    expect(await arrived(page)).toEqual({ method: by, parameters: { ...own, code: "ID.c0-de_", state: STATE, iss: ISSUER } });
  });

  test.each([
    ["declined", { type: "rejected", seq: 3, reason: "declined" }, "the person declined on the phone"],
    ["refused", { type: "rejected", seq: 3, reason: "identity_refused" }, "the identity may not log in now"],
    ["cancelled", { type: "cancelled", seq: 3 }, "the login was cancelled in the browser"],
  ] as const)("a login that was %s goes back by itself after 5 s", async (_, message, description) => {
    const { page, connection } = await open(mode);
    connection.send(scanned, message);
    await page.getByText("You are taken back in 5 s").waitFor();
    await back(page).waitFor();
    await page.clock.runFor(4_900);
    expect(page.url()).toContain("/page");
    await page.clock.runFor(200);
    expect(await arrived(page)).toEqual(denied(description));
  });

  test("a declined login goes back by the button, at once", async () => {
    const { page, connection } = await open(mode);
    connection.send(scanned, { type: "rejected", seq: 3, reason: "declined" });
    await back(page).click();
    expect(await arrived(page)).toEqual(denied("the person declined on the phone"));
  });

  test("an expired code stays for 10 min, with a button", async () => {
    const { page, connection } = await open(mode);
    connection.send({ type: "expired", seq: 2 });
    await back(page).waitFor();
    expect(await page.getByText("You are taken back").count()).toBe(0);
    await page.clock.runFor(599_000);
    expect(page.url()).toContain("/page");
    await page.clock.runFor(2_000);
    expect(await arrived(page)).toEqual(denied("the login was not confirmed in time"));
  });
});

test("a new code keeps the browser on the page", async () => {
  const { page, connection } = await open();
  connection.send(scanned, { type: "rejected", seq: 3, reason: "declined" });
  await back(page).waitFor();
  await page.getByRole("button", { name: "Get a new code" }).click();
  (await gateway.nextConnection()).send({ ...opened, user_code: "NEWC-ODEX" });
  await page.getByRole("img", { name: "Login QR code" }).waitFor();
  await back(page).waitFor({ state: "hidden" });
  await page.clock.runFor(700_000);
  expect(page.url()).toContain("/page");
});

test("a person whose code a stranger scanned is not sent away", async () => {
  const { page, connection } = await open();
  connection.send(asking, { type: "cancelled", seq: 3, reason: "not_me" });
  await back(page).waitFor();
  await page.clock.runFor(30_000);
  expect(page.url()).toContain("/page");
});

test("an error that the gateway found at once is posted", async () => {
  const page = await browser.newPage();
  await page.goto(`${gateway.origin}/answer?mode=form_post`);
  expect(await arrived(page)).toEqual({ method: "POST", parameters: { error: "login_required" } });
});

describe("with single sign-on", () => {
  const confirmed = () => ({ type: "confirmed", seq: 3, redirect_to: `${gateway.origin}/callback?from=saoma&iss=x&code=ID.c0-de_` }) as const;

  test("the browser's session begins before the browser goes back", async () => {
    const { page, connection } = await open("query", 'data-sessions="/oauth2/sessions/"');
    connection.send(scanned, confirmed());
    expect((await arrived(page)).parameters).toMatchObject({ code: "ID.c0-de_" });
    const { login_id, receive_key } = opened;
    expect(begun).toEqual([{ path: `/oauth2/sessions/${login_id}`, key: receive_key, origin: gateway.origin }]);
  });

  test("a session that does not begin keeps the browser for two seconds at most", async () => {
    const { page, connection } = await open("query", `data-sessions="/oauth2/sessions/${SILENT}?"`);
    connection.send(scanned, confirmed());
    await expect.poll(() => begun.length).toBe(1);
    await page.clock.runFor(2_100);
    expect((await arrived(page)).parameters).toMatchObject({ code: "ID.c0-de_" });
  });

  test("without it none begins", async () => {
    const { page, connection } = await open();
    connection.send(scanned, confirmed());
    await arrived(page);
    expect(begun).toEqual([]);
  });
});
