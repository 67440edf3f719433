/** What a `<qr-login>` asks for, by its attributes. */
import type { OpenRequest } from "@saoma/client";

/** The gateway's origin. */
export function gatewayOf(element: Element): string {
  return element.getAttribute("gateway") ?? location.origin;
}

/** The language of the element's words. */
export function localeOf(element: Element): string {
  return element.getAttribute("locale") ?? element.closest("[lang]")?.getAttribute("lang") ?? "zh-CN";
}

export function requestOf(element: Element): OpenRequest {
  const optional = (name: string, attribute: string) => {
    const value = element.getAttribute(attribute);
    return value === null ? {} : { [name]: value };
  };
  return {
    client_id: element.getAttribute("client-id") ?? "",
    redirect_uri: element.getAttribute("redirect-uri") ?? "",
    scope: element.getAttribute("scope") ?? "openid",
    code_challenge: element.getAttribute("code-challenge") ?? "",
    code_challenge_method: "S256",
    locale: localeOf(element),
    ...optional("state", "state"),
    ...optional("nonce", "oidc-nonce"),
  };
}
