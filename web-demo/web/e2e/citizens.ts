/** The demo's made-up people, of `web-demo/data/accounts.toml`. */
export interface Citizen {
  readonly name: string;
  /** What others see of the name. */
  readonly masked: string;
  readonly userName: string;
  readonly idNumber: string;
}

const citizen = (name: string, userName: string, idNumber: string): Citizen => ({ name, masked: "示*", userName, idNumber });

export const PASSWORD = "shili2026";

/** Has no role in any unit. */
export const JIA = citizen("示例甲", "jia", "990000199003071016");
/** Legal representative of 示例单位一, operator of 示例单位二. */
export const YI = citizen("示例乙", "yi", "990000198511221020");
/** Reported the card lost. */
export const BING = citizen("示例丙", "bing", "990000197809191034");
/** Has not applied for the electronic card. */
export const WU = citizen("示例戊", "wu", "990000200001011058");
/** Someone else. */
export const DING = citizen("示例丁", "ding", "990000199506161048");
