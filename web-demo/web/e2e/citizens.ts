/** Fictitious people of `web-demo/data/accounts.toml`. */
export interface Citizen {
  readonly name: string;
  /** The name as others see it. */
  readonly masked: string;
  readonly userName: string;
  readonly idNumber: string;
}

const citizen = (name: string, userName: string, idNumber: string): Citizen => ({ name, masked: "示*", userName, idNumber });

/** A person of `web-demo/data/population.toml` with a card and without an account. */
export interface Newcomer {
  readonly name: string;
  readonly masked: string;
  readonly idNumber: string;
  /** Phone number on file with the card. */
  readonly phoneOnFile: string;
}

const newcomer = (name: string, idNumber: string, phoneOnFile: string): Newcomer => ({ name, masked: "示*", idNumber, phoneOnFile });

export const PASSWORD = "shili2026";

/** Password of every newcomer's card. */
export const CARD_PASSWORD = "246810";

/** Has no role in any unit. */
export const JIA = citizen("示例甲", "jia", "990000199003071016");
/** Legal representative of 示例单位一, operator of 示例单位二. */
export const YI = citizen("示例乙", "yi", "990000198511221020");
/** Reported the card lost. */
export const BING = citizen("示例丙", "bing", "990000197809191034");
/** Has not applied for the e-card. */
export const WU = citizen("示例戊", "wu", "990000200001011058");
/** Another person without a role. */
export const DING = citizen("示例丁", "ding", "990000199506161048");

/** Has no role in any unit. */
export const ZI = newcomer("示例子", "990000199102101110", "13009700011");
/** Legal representative of 示例单位三. */
export const XU = newcomer("示例戌", "990000197102151215", "13009700021");
