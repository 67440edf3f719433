/** Texts of the element, in both languages. */
export interface Texts {
  readonly loading: string;
  readonly waiting: string;
  readonly reconnecting: string;
  readonly scanned: (person: string) => string;
  readonly asks: (person: string) => string;
  readonly whyAsked: string;
  readonly notMe: string;
  readonly yes: string;
  readonly wasNotMe: string;
  readonly confirmed: string;
  readonly goOn: string;
  readonly declined: string;
  readonly notAllowed: string;
  readonly cancelled: string;
  readonly expired: string;
  readonly superseded: string;
  readonly refused: string;
  readonly unreachable: string;
  readonly busy: string;
  readonly tooMany: string;
  readonly tryIn: (seconds: number) => string;
  readonly newCode: string;
  readonly refresh: string;
  readonly cancel: string;
  readonly enlarge: string;
  readonly shrink: string;
  readonly cannotScan: string;
  readonly typeCode: string;
  readonly remaining: (seconds: number) => string;
  readonly warning: string;
  readonly codeLabel: string;
  readonly openApp: string;
}

const zh: Texts = {
  loading: "正在生成二维码…",
  waiting: "请打开手机App，使用“扫一扫”扫描二维码",
  reconnecting: "网络不稳定，正在重连…",
  scanned: (person) => `扫描成功（${person}），请在手机上确认登录`,
  asks: (person) => `以 ${person} 的身份在此登录？`,
  whyAsked: "刚刚有人扫描了此二维码。若不是您，请选择“不是我”。",
  notMe: "不是我",
  yes: "是我",
  wasNotMe: "扫码的不是您，未登录任何账户。点击获取新二维码",
  confirmed: "登录成功，正在进入…",
  goOn: "没有自动跳转？点此继续",
  declined: "您已在手机上取消登录",
  notAllowed: "登录未被允许，原因请查看手机提示",
  cancelled: "已取消登录",
  expired: "二维码已失效，点击刷新",
  superseded: "此次登录已在另一个窗口继续",
  refused: "此页面的登录设置有误，请返回原网站重试或联系网站管理员",
  unreachable: "暂时无法连接登录服务，正在重试，请检查网络",
  busy: "登录服务繁忙，稍后自动重试",
  tooMany: "操作过于频繁",
  tryIn: (seconds) => `请 ${seconds} 秒后再试`,
  newCode: "获取新二维码",
  refresh: "刷新二维码",
  cancel: "取消登录",
  enlarge: "放大二维码",
  shrink: "缩小二维码",
  cannotScan: "无法扫描？",
  typeCode: "在手机App“扫一扫”页面中选择“输入代码”，输入：",
  remaining: (seconds) => (seconds >= 60 ? `约 ${Math.ceil(seconds / 60)} 分钟内有效` : `${seconds} 秒内有效`),
  warning: "请勿扫描他人发来的登录二维码",
  codeLabel: "登录二维码",
  openApp: "打开App登录",
};

const en: Texts = {
  loading: "Preparing the code…",
  waiting: "Open the app on your phone and scan the code",
  reconnecting: "Reconnecting…",
  scanned: (person) => `Scanned by ${person}. Confirm on your phone`,
  asks: (person) => `Log in here as ${person}?`,
  whyAsked: "This code has just been scanned. If it was not you, choose “Not me”.",
  notMe: "Not me",
  yes: "Yes, that is me",
  wasNotMe: "It was not you, and nothing was logged in. Click for a new code",
  confirmed: "Logged in, opening…",
  goOn: "Nothing happens? Continue here",
  declined: "Declined on your phone",
  notAllowed: "The login was not allowed; your phone says why",
  cancelled: "Login cancelled",
  expired: "Code expired, click to refresh",
  superseded: "This login goes on in another window",
  refused: "This page's login is set up wrongly. Go back and try again, or tell the site's operators",
  unreachable: "The login service cannot be reached; trying again. Check your network",
  busy: "The login service is busy. It is tried again by itself",
  tooMany: "Too many tries",
  tryIn: (seconds) => `Try again in ${seconds} s`,
  newCode: "Get a new code",
  refresh: "New code",
  cancel: "Cancel",
  enlarge: "Enlarge the code",
  shrink: "Shrink the code",
  cannotScan: "Cannot scan?",
  typeCode: "In the app choose “Scan”, then “Type a code”, and type:",
  remaining: (seconds) => (seconds >= 60 ? `Valid for about ${Math.ceil(seconds / 60)} min` : `Valid for ${seconds} s`),
  warning: "Do not scan login codes that others send you",
  codeLabel: "Login QR code",
  openApp: "Open the app to log in",
};

/** Returns the texts for a language tag (BCP 47): English for `en`, Chinese for any other. */
export function textsOf(tag: string): Texts {
  return tag.toLowerCase().startsWith("en") ? en : zh;
}
