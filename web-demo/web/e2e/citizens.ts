/** The demo's made-up people, of `web-demo/data/accounts.toml`. */
export interface Citizen {
  readonly name: string;
  /** What others see of the name. */
  readonly masked: string;
  readonly userName: string;
}

const citizen = (name: string, userName: string): Citizen => ({ name, masked: "示*", userName });

export const PASSWORD = "shili2026";

/** Has no role in any unit. */
export const JIA = citizen("示例甲", "jia");
/** Legal representative of 示例单位一, operator of 示例单位二. */
export const YI = citizen("示例乙", "yi");
/** Reported the card lost. */
export const BING = citizen("示例丙", "bing");
/** Someone else. */
export const DING = citizen("示例丁", "ding");
