/** Texts by which people find their way through the pages, in both languages. */
export interface Words {
  /** BCP 47 tag, and the value of `?lang=`. */
  readonly tag: string;
  readonly waiting: string;
  readonly scanned: string;
  readonly asked: string;
  readonly yes: string;
  readonly notMe: string;
  readonly wasNotMe: string;
  readonly declined: string;
  readonly refused: string;
  readonly cancelled: string;
  readonly expired: string;
  readonly newCode: string;
  readonly refresh: string;
  readonly cancel: string;
  readonly cannotScan: string;
  readonly logOut: RegExp;
  readonly userName: RegExp;
  readonly password: RegExp;
  readonly logIn: RegExp;
  readonly scan: RegExp;
  readonly typed: RegExp;
  readonly confirm: RegExp;
  readonly pressedYes: RegExp;
  readonly decline: RegExp;
  readonly personal: RegExp;
}

export const zh: Words = {
  tag: "zh-CN",
  waiting: "扫一扫",
  scanned: "扫描成功",
  asked: "的身份在此登录？",
  yes: "是我",
  notMe: "不是我",
  wasNotMe: "扫码的不是您",
  declined: "您已在手机上拒绝登录",
  refused: "登录未被允许",
  cancelled: "已取消登录",
  expired: "二维码已失效",
  newCode: "获取新二维码",
  refresh: "刷新二维码",
  cancel: "取消登录",
  cannotScan: "无法扫描？",
  logOut: /退出/,
  userName: /用户名/,
  password: /密码/,
  logIn: /登录/,
  scan: /扫一扫/,
  typed: /代码|登录码/,
  confirm: /确认/,
  pressedYes: /我已点了/,
  decline: /拒绝|取消/,
  personal: /个人/,
};

export const en: Words = {
  tag: "en",
  waiting: "on your phone and scan the code",
  scanned: "Scanned by",
  asked: "Log in here as",
  yes: "Yes, that is me",
  notMe: "Not me",
  wasNotMe: "It was not you",
  declined: "Declined on your phone",
  refused: "The login was not allowed",
  cancelled: "Login cancelled",
  expired: "Code expired",
  newCode: "Get a new code",
  refresh: "New code",
  cancel: "Cancel",
  cannotScan: "Cannot scan?",
  logOut: /log out/i,
  userName: /user name/i,
  password: /password/i,
  logIn: /log in/i,
  scan: /scan/i,
  typed: /login code/i,
  confirm: /confirm|log in/i,
  pressedYes: /I have pressed it/,
  decline: /decline|cancel/i,
  personal: /personal/i,
};
