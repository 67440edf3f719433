/** S1 to S6: the app, an account, and its verification. */
import { expect } from "vitest";

import { CARD_PASSWORD, XU, ZI } from "../citizens.ts";
import { readCode } from "../qr-code.ts";
import type { Row } from "./rows.ts";
import { PASSWORD } from "./walk.ts";

/** Phone numbers from a range of the province, and from another province. */
const PHONE = "13009700072";
const PHONE_ELSEWHERE = "13800100000";

export function accountRows(row: Row): void {
  row("S1: the home page's code opens the app on a phone", async (walk) => {
    const { says, computer, phone } = walk;
    await computer.shows(says.storeName);
    await walk.see("S01", computer);
    const address = await readCode(computer.page.getByRole("img", { name: says.appCode }));
    expect(address).toBe(walk.demo.addresses.phone);
    await phone.page.goto(address);
    await phone.isAt("/login");
    await walk.see("S01", phone);
  });

  row("S3: four steps on the web, back and forward", async (walk) => {
    const { says, hisComputer } = walk;
    await hisComputer.follow(says.registerOnWeb);
    await walk.isAtStep(0);
    await walk.see("S03", hisComputer, "agreement");
    await hisComputer.page.getByLabel(says.agree).check();
    await hisComputer.press(says.next);
    await walk.isAtStep(1);
    await hisComputer.fill(says.idNumber, XU.idNumber);
    await hisComputer.fill(says.name, XU.name);
    await walk.see("S03", hisComputer, "identity");
    await hisComputer.press(says.next);
    await walk.isAtStep(2);
  });

  row("S3a: a user name of one's own, kept while one goes back and forward, then a password and the phone's code", async (walk) => {
    const { says, hisComputer } = walk;
    const { page } = hisComputer;
    const userId = page.getByLabel(says.userId, { exact: true });
    expect(await userId.inputValue()).toBe(XU.idNumber);
    await userId.fill("jia");
    await page.getByText(says.taken).waitFor();
    await userId.fill("xu1971");
    await page.getByText(says.taken).waitFor({ state: "hidden" });
    await hisComputer.press(says.previous);
    await walk.isAtStep(1);
    await hisComputer.press(says.next);
    await walk.isAtStep(2);
    expect(await userId.inputValue()).toBe("xu1971");
    await hisComputer.fill(says.newPassword, PASSWORD);
    await hisComputer.fill(says.again, PASSWORD);
    await hisComputer.fill(says.mobile, PHONE);
    await hisComputer.press(says.getCode);
    await page.getByText(says.codeSent).waitFor();
    expect(await page.locator("[data-get-code]").isDisabled()).toBe(true);
    await hisComputer.fill(says.code, await walk.codeSentTo(PHONE));
    await walk.see("S03a", hisComputer);
    // The first button of the form is not the one that requests a code.
    await page.getByLabel(says.code, { exact: true }).press("Enter");
    await walk.isAtStep(3);
    await hisComputer.shows(says.done);
    await walk.see("S03", hisComputer, "done");
  });

  row("S4: a provisional user is verified by the card's password", async (walk) => {
    const { says, hisComputer } = walk;
    await hisComputer.shows(says.provisional);
    await hisComputer.follow(says.verify);
    await hisComputer.fill(says.cardPassword, CARD_PASSWORD);
    await walk.see("S04", hisComputer);
    await hisComputer.press(says.submit);
    await hisComputer.shows(says.verified);
    await hisComputer.page.goto(walk.demo.addresses.portal);
    await hisComputer.greets(XU.name);
    expect(await hisComputer.page.getByText(says.provisional).count()).toBe(0);
  });

  row("S5: after a face check on the phone any phone number will do, without a code", async (walk) => {
    const { says, phone } = walk;
    await phone.follow(says.registerOnPhone);
    await phone.fill(says.idNumber, ZI.idNumber);
    await phone.fill(says.name, ZI.name);
    await phone.agree();
    await walk.see("S05", phone, "identity");
    await phone.press(says.next);
    await phone.press(says.checkFace);
    await walk.see("S05", phone, "face");
    await walk.showFace("/register/user");
    await phone.shows(says.anyPhone);
    expect(await phone.page.getByLabel(says.code, { exact: true }).count()).toBe(0);
    await walk.see("S05", phone);
  });

  row("S6: a user name in Chinese and a simple password are refused, and others are taken", async (walk) => {
    const { says, phone } = walk;
    const register = async (userId: string, password: string) => {
      await phone.fill(says.userId, userId);
      await phone.fill(says.newPassword, password);
      await phone.fill(says.again, password);
      await phone.fill(says.mobile, PHONE_ELSEWHERE);
      await phone.press(says.finish);
    };
    await register(ZI.name, "abc123");
    await phone.shows(says.noChinese);
    await phone.shows(says.tooSimple);
    await walk.see("S06", phone);
    await register("zi1991", PASSWORD);
    await phone.shows(says.done);
    await walk.see("S05", phone, "done");
  });

  row("S4: or by a code to the phone on file with the card", async (walk) => {
    const { says, phone } = walk;
    await phone.shows(says.provisional);
    await phone.follow(says.verify);
    await phone.press(says.getCode);
    await phone.shows(says.codeSent);
    await phone.fill(says.code, await walk.codeSentTo(ZI.phoneOnFile));
    await walk.see("S04", phone);
    await phone.page.getByLabel(says.code, { exact: true }).press("Enter");
    await phone.shows(says.verified);
  });

  row("S2: the account of the phone opens the hall", async (walk) => {
    const { says, computer } = walk;
    await computer.follow(says.byScanning);
    await computer.follow(says.byPassword);
    await computer.page.getByLabel(says.userName).fill("zi1991");
    await computer.page.getByLabel(says.password).fill(PASSWORD);
    await computer.press(says.enter);
    await computer.greets(ZI.name);
    await walk.see("S02", computer);
    await computer.logOut();
  });
}
