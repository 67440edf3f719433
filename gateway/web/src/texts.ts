/** Texts of the element, in both languages. `app` is the app's name. */
export interface Texts {
  readonly app: string;
  readonly loading: string;
  readonly waiting: (app: string) => string;
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
  /** Advice after {@link declined}. */
  readonly notDeclined: string;
  readonly notAllowed: string;
  readonly cancelled: string;
  readonly expired: string;
  readonly superseded: string;
  readonly takeOver: string;
  readonly refused: string;
  readonly unreachable: string;
  readonly busy: string;
  readonly tooMany: string;
  readonly tryIn: (seconds: number) => string;
  readonly tryNow: string;
  readonly newCode: string;
  readonly refresh: string;
  readonly cancel: string;
  readonly enlarge: string;
  readonly shrink: string;
  readonly cannotScan: string;
  readonly typeCode: (app: string) => string;
  /** Said when a code took the place of another. */
  readonly changed: string;
  readonly copy: string;
  readonly copied: string;
  readonly remaining: (seconds: number) => string;
  readonly warning: string;
  readonly hostIs: string;
  readonly codeLabel: string;
  readonly onThisPhone: string;
  readonly openApp: (app: string) => string;
  readonly getApp: (app: string) => string;
  readonly otherDevice: string;
  readonly cannotScanItself: (app: string) => string;
  /** Words before the page's title, by state. */
  readonly titles: Readonly<Partial<Record<string, string>>>;
}

const zh: Texts = {
  app: "手机 App",
  loading: "正在生成二维码…",
  waiting: (app) => `请用${app}“扫一扫”扫描二维码`,
  reconnecting: "网络不稳定，正在重连…",
  scanned: (person) => `扫描成功（${person}），请在手机上确认登录`,
  asks: (person) => `以 ${person} 的身份在此登录？`,
  whyAsked: "刚刚有人扫描了此二维码。\n若不是您，请选择“不是我”。",
  notMe: "不是我",
  yes: "是我",
  wasNotMe: "扫码的不是您，未登录任何账户",
  confirmed: "登录成功，正在进入…",
  goOn: "没有自动跳转？点此继续",
  declined: "您已在手机上拒绝登录",
  notDeclined: "不是您拒绝的？请确认手机在您手中",
  notAllowed: "登录未被允许，原因请查看手机提示",
  cancelled: "已取消登录",
  expired: "二维码已失效",
  superseded: "此次登录已在另一个窗口继续",
  takeOver: "在此窗口登录",
  refused: "此页面的登录设置有误，请返回原网站重试或联系网站管理员",
  unreachable: "暂时无法连接登录服务，正在重试，请检查网络",
  busy: "登录服务繁忙，稍后自动重试",
  tooMany: "操作过于频繁",
  tryIn: (seconds) => `请 ${seconds} 秒后再试`,
  tryNow: "立即重试",
  newCode: "获取新二维码",
  refresh: "刷新二维码",
  cancel: "取消登录",
  enlarge: "放大二维码",
  shrink: "缩小二维码",
  cannotScan: "无法扫描？",
  typeCode: (app) => `打开${app}的“扫一扫”，选择“输入代码”，输入：`,
  changed: "代码已更换。",
  copy: "复制",
  copied: "已复制",
  remaining: (seconds) => (seconds >= 60 ? `约 ${Math.ceil(seconds / 60)} 分钟内有效` : `${seconds} 秒内有效`),
  warning: "请勿扫描他人发来的登录二维码。",
  hostIs: "本页网址：",
  codeLabel: "登录二维码",
  onThisPhone: "在这部手机上登录",
  openApp: (app) => `打开${app}登录`,
  getApp: (app) => `没有${app}？去下载`,
  otherDevice: "使用另一台设备扫码",
  cannotScanItself: (app) => `手机扫不到自己屏幕上的二维码。请在电脑上打开本页面，或打开${app}的“扫一扫”，选择“输入代码”，输入：`,
  titles: {
    asked: "扫码的是您吗？",
    scanned: "请在手机上确认",
    confirmed: "登录成功",
    expired: "二维码已失效",
    superseded: "已在另一个窗口继续",
    rejected: "未登录",
    cancelled: "未登录",
    refused: "未登录",
  },
};

const en: Texts = {
  app: "the app",
  loading: "Preparing the code…",
  waiting: (app) => `Open ${app} on your phone and scan the code`,
  reconnecting: "Reconnecting…",
  scanned: (person) => `Scanned by ${person}. Confirm on your phone`,
  asks: (person) => `Log in here as ${person}?`,
  whyAsked: "This code has just been scanned.\nIf it was not you, choose “Not me”.",
  notMe: "Not me",
  yes: "Yes, that is me",
  wasNotMe: "It was not you, and nothing was logged in",
  confirmed: "Logged in, opening…",
  goOn: "Nothing happens? Continue here",
  declined: "Declined on your phone",
  notDeclined: "If it was not you, somebody else has your phone",
  notAllowed: "The login was not allowed; your phone says why",
  cancelled: "Login cancelled",
  expired: "Code expired",
  superseded: "This login goes on in another window",
  takeOver: "Log in here instead",
  refused: "This page's login is set up wrongly. Go back and try again, or tell the site's operators",
  unreachable: "The login service cannot be reached; trying again. Check your network",
  busy: "The login service is busy. It is tried again by itself",
  tooMany: "Too many tries",
  tryIn: (seconds) => `Try again in ${seconds} s`,
  tryNow: "Try now",
  newCode: "Get a new code",
  refresh: "New code",
  cancel: "Cancel",
  enlarge: "Enlarge",
  shrink: "Shrink",
  cannotScan: "Cannot scan?",
  typeCode: (app) => `In ${app}, choose “Scan”, then “Type a code”, and type:`,
  changed: "The code has changed. ",
  copy: "Copy",
  copied: "Copied",
  remaining: (seconds) => (seconds >= 60 ? `Valid for about ${Math.ceil(seconds / 60)} min` : `Valid for ${seconds} s`),
  warning: "Never scan a code that was sent to you.",
  hostIs: "This page: ",
  codeLabel: "Login QR code",
  onThisPhone: "Log in on this phone",
  openApp: (app) => `Open ${app} to log in`,
  getApp: (app) => `Get ${app}`,
  otherDevice: "Scan with another device",
  cannotScanItself: (app) => `A phone cannot scan its own screen. Open this page on a computer, or in ${app} choose “Scan”, then “Type a code”, and type:`,
  titles: {
    asked: "Is it you?",
    scanned: "Confirm on your phone",
    confirmed: "Logged in",
    expired: "Code expired",
    superseded: "Goes on in another window",
    rejected: "Not logged in",
    cancelled: "Not logged in",
    refused: "Not logged in",
  },
};

/** Returns the texts for a language tag (BCP 47): English for `en`, Chinese for any other. */
export function textsOf(tag: string): Texts {
  return tag.toLowerCase().startsWith("en") ? en : zh;
}
