/** All pages that open by an address, for the tests that look at each. A new page is added here. */

/** Public pages of the portal. */
export const PUBLIC = [
  ...["/", "/announcements", "/announcements/2026-11-b", "/help", "/about", "/accessibility", "/privacy", "/nowhere"],
  ...["/developer/messages", "/developer/desk", "/developer/desk/operators", "/login/forgotten"],
];

/** Public forms, which both surfaces have or lead to. */
export const FORMS = ["/login/password", "/register"];

/** Pages of the phone app. */
export const PHONE = [
  ...["/", "/scan", "/open/declined", "/offline", "/sessions", "/card", "/card/apply", "/card/reset", "/my/face", "/my/password", "/login/forgotten"],
  ...["/my/face/delete", "/inbox", "/inbox/1"],
];

/** Pages of a unit. */
export const UNIT = ["/unit/employees", "/unit/employees/1/end", "/unit/contributions", "/unit/contributions/1", "/unit/cards"];

/** Pages of a person. */
export const PERSONAL = [
  ...["/", "/details", "/card/track", "/card/report-loss", "/card/cancel", "/account", "/account/password", "/account/details"],
  ...["pension", "medical", "unemployment", "work-injury", "maternity", "statement"].map((name) => `/insurance/${name}`),
  ...["/applications", "/applications/1", "/applications/new/professional-title", "/exams", "/questions", "/exams/social-worker/cancel"],
  ...["/training/digital-skills/leave", "/resume", "/resume/edit", "/inbox", "/inbox/1", "/training"],
];
