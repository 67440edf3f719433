// The gateway's public URL, and the id by which this page is registered there. A public client has no secret.
export const GATEWAY = "https://login.example";
export const CLIENT_ID = "page";
