/** S7 to S10: logging in to the app, and the e-card, which every login by scanning needs. */
import { expect } from "vitest";

import { XU, ZI } from "../citizens.ts";
import type { Row } from "./rows.ts";
import { PASSWORD } from "./walk.ts";

export function appRows(row: Row): void {
  row("S7: a face logs in on the phone by itself", async (walk) => {
    const { says, phone } = walk;
    await phone.page.goto(walk.demo.addresses.phone);
    await phone.press(says.leave);
    await phone.follow(says.byFace);
    await phone.fill(says.name, ZI.name);
    await phone.fill(says.idNumber, ZI.idNumber);
    await walk.see("S07", phone);
    await phone.press(says.begin);
    await walk.showFace("/");
    await phone.shows(ZI.name);
    await walk.see("S07", phone, "home");
    await phone.follow(says.myFace);
    await phone.shows(says.noFaceKept);
    await phone.page.goBack();
  });

  row("S8, and S2: the account of the web logs in on the phone by password", async (walk) => {
    const { hisPhone } = walk;
    await walk.see("S08", hisPhone);
    await hisPhone.logIn("xu1971", PASSWORD);
    await hisPhone.shows(XU.name);
    await walk.see("S02", hisPhone);
  });

  row("S9: agreement, face and password give the e-card", async (walk) => {
    const { says, phone } = walk;
    await phone.follow(says.myCard);
    await phone.agree();
    await walk.see("S09", phone, "agreement");
    await phone.press(says.faceCheck);
    await walk.showFace("/card/apply");
    await phone.shows(says.facePassed);
    await walk.see("S09", phone, "password");
    await walk.setCardPassword(phone);
    await walk.see("S09", phone);
    await phone.page.goto(walk.demo.addresses.phone);
  });

  row("S10: a unit's representative cannot log in by scanning before he has the card", async (walk) => {
    const { says, hisComputer, hisPhone, demo } = walk;
    await hisComputer.logOut();
    await hisComputer.page.goto(`${demo.addresses.portal}/login`);
    await hisComputer.showsCode();
    await hisPhone.page.goto(`${demo.addresses.phone}/scan`);
    await hisPhone.shows(says.noECard);
    await walk.see("S10", hisPhone);
    expect(await hisComputer.hasCode()).toBe(true);
    await hisPhone.follow(says.applyForCard);
    await hisPhone.agree();
    await hisPhone.press(says.smsCode);
    await hisPhone.fill(says.smsCode, await walk.codeSentTo(XU.phoneOnFile));
    await walk.setCardPassword(hisPhone);
    await hisPhone.page.goto(demo.addresses.phone);
  });
}
