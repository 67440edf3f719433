/** Fictitious people of the app's backend. */
export interface Person {
  readonly sub: string;
  readonly name: string;
  readonly given_name: string;
  readonly family_name: string;
  readonly preferred_username: string;
  readonly email: string;
  readonly email_verified: boolean;
}

export const JIA: Person = {
  sub: "p-1001",
  name: "示例甲",
  given_name: "甲",
  family_name: "示例",
  preferred_username: "shili.jia",
  email: "jia@people.example",
  email_verified: true,
};

export const PEOPLE: readonly Person[] = [JIA];
