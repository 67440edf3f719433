export { LoginConnection, type ConnectionOptions } from "./connection.ts";
export { type LoginView, initialView } from "./login-view.ts";
export type { ErrorCode, OpenRequest, RejectReason, ServerMessage } from "./generated.ts";
