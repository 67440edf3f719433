/** Texts of the countdown on the confirm page, in both languages. */
export interface Texts {
  readonly remaining: (seconds: number) => string;
  readonly expired: string;
}

export const zh: Texts = {
  remaining: (seconds) =>
    seconds < 60 ? `请在 ${seconds} 秒内确认` : `请在 ${Math.floor(seconds / 60)} 分 ${seconds % 60} 秒内确认`,
  expired: "二维码已超时，请在电脑上刷新二维码后重新扫描",
};

export const en: Texts = {
  remaining: (seconds) =>
    seconds < 60 ? `Confirm within ${seconds} s` : `Confirm within ${Math.floor(seconds / 60)} min ${seconds % 60} s`,
  expired: "The code is out of time. Get a new one on the computer and scan it",
};
