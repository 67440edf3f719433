// A page by oidc-client-ts, which is a public client. The server only sends files.
import { createServer } from "node:http";

import { bundle, listen, page } from "./page.mjs";

const { ISSUER, CLIENT_ID, ORIGIN } = process.env;
const script = await bundle("oidc-client-ts-page.mjs", { ISSUER, CLIENT_ID, ORIGIN });

listen(
  createServer((request, response) => {
    if (request.url === "/page.js") response.setHeader("content-type", "text/javascript").end(script);
    else page(response, {}, "/page.js");
  }),
);
