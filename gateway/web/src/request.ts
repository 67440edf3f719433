/** Request of a `<qr-login>`, read from its attributes. */
import type { OpenRequest } from "@saoma/client";

/** Returns the gateway's origin. */
export function gatewayOf(element: Element): string {
  return element.getAttribute("gateway") ?? location.origin;
}

/** Returns the language tag of the element's texts. */
export function localeOf(element: Element): string {
  return element.getAttribute("locale") ?? element.closest("[lang]")?.getAttribute("lang") ?? "zh-CN";
}

/** Returns the authentication request of the element. */
export function requestOf(element: Element): OpenRequest {
  const optional = (name: string, attribute = name) => {
    const value = element.getAttribute(attribute);
    return value === null ? {} : { [name]: value };
  };
  return {
    client_id: element.getAttribute("client-id") ?? "",
    redirect_uri: element.getAttribute("redirect-uri") ?? "",
    scope: element.getAttribute("scope") ?? "openid",
    code_challenge_method: "S256",
    locale: localeOf(element),
    ...optional("code_challenge", "code-challenge"),
    ...optional("state"),
    ...optional("nonce", "oidc-nonce"),
    ...optional("claims"),
  };
}
