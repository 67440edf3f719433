/** S15 and S16: the home pages of a person and of a unit. */
import { expect } from "vitest";

import { ZI } from "../citizens.ts";
import type { Row } from "./rows.ts";

const UNIT = "示例单位三";

export function homeRows(row: Row): void {
  row("S15: a greeting, one's details, every entry of the personal home page, and logging out", async (walk) => {
    const { says, computer } = walk;
    const { page } = computer;
    await computer.shows(says.hello + ZI.name);
    await computer.press(says.inFull);
    await computer.shows(ZI.idNumber);
    await walk.see("S15", computer);
    await page.getByRole("link", { name: says.home, exact: true }).click();
    for (const entry of says.notNow) expect(await page.getByRole("link", { name: entry, exact: true }).count()).toBe(0);
    for (const entry of says.entries) {
      // The inbox shows a count beside its name.
      await page.getByRole("link", { name: new RegExp(`^${entry}( \\d.*)?$`) }).click();
      await page.waitForURL((url) => url.pathname !== "/");
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.goBack();
    }
    await computer.logOut();
    await page.goto(walk.demo.addresses.portal);
    expect(await page.getByText(ZI.name).count()).toBe(0);
  });

  row("S16: a unit login lands on the unit, whose representative appoints an agent", async (walk) => {
    const { says, hisComputer, hisPhone } = walk;
    const { page } = hisComputer;
    await page.goto(`${walk.demo.addresses.portal}/login`);
    await page.getByText(says.cannotScan).click();
    const { userCode } = await hisComputer.codes();
    await page.getByText(userCode).waitFor();
    await hisPhone.type(userCode.toLowerCase());
    await hisPhone.choose(says.unitChoice);
    await walk.see("S16", hisPhone, "representative");
    await hisComputer.agrees();
    await hisPhone.confirm();
    await page.getByRole("heading", { name: UNIT }).waitFor();
    await hisComputer.shows(says.representative);
    await hisComputer.fill(says.agentName, ZI.name);
    await hisComputer.fill(says.agentIdNumber, ZI.idNumber);
    for (const affair of says.affairs) await page.getByRole("checkbox", { name: affair }).check();
    const lastDay = page.getByLabel(says.lastDay);
    await lastDay.fill((await lastDay.getAttribute("max")) ?? "");
    await hisComputer.press(says.appoint);
    await page.getByRole("link", { name: `${says.withdraw} ${ZI.name}` }).waitFor();
    await walk.see("S16", hisComputer, "representative");
  });

  row("S16: the agent acts for the unit until she is withdrawn", async (walk) => {
    const { says, computer, phone, hisComputer, demo } = walk;
    await phone.page.goto(demo.addresses.phone);
    await computer.page.goto(`${demo.addresses.portal}/login`);
    await computer.showsCode();
    await walk.scan();
    await phone.choose(says.agentChoice);
    await walk.see("S16", phone, "agent");
    await phone.confirm();
    await computer.page.getByRole("heading", { name: UNIT }).waitFor();
    await computer.shows(says.agent);
    await walk.see("S16", computer, "agent");
    await hisComputer.follow(`${says.withdraw} ${ZI.name}`);
    await hisComputer.shows(says.atOnce);
    await walk.see("S16", hisComputer, "withdrawal");
    await hisComputer.press(says.sure);
    await hisComputer.page.getByText(says.withdrawn, { exact: true }).waitFor();
    await computer.page.goto(`${demo.addresses.portal}/inbox`);
    await computer.isAt("/login");
  });

  row("S16: whom the authority adds at its desk acts for the unit, until she is removed there", async (walk) => {
    const { says, computer, phone, demo } = walk;
    const desk = await walk.openDesk();
    const { page } = desk;
    await page.getByRole("radio", { name: UNIT }).check();
    await desk.fill(says.operatorName, ZI.name);
    await desk.fill(says.idNumber, ZI.idNumber);
    await desk.press(says.addOperator);
    const remove = page.getByRole("link", { name: `${says.removeOperator} ${ZI.name}` });
    await remove.waitFor();
    await walk.see("S16", desk, "desk");
    await phone.page.goto(demo.addresses.phone);
    await computer.showsCode();
    await walk.scan();
    await phone.choose(says.operatorChoice);
    await phone.confirm();
    await computer.page.getByRole("heading", { name: UNIT }).waitFor();
    await computer.shows(says.operator);
    await walk.see("S16", computer, "operator");
    await remove.click();
    await page.getByRole("button", { name: says.sureToRemove }).waitFor();
    await walk.see("S16", desk, "removal");
    await desk.press(says.sureToRemove);
    await remove.waitFor({ state: "detached" });
    await computer.page.goto(`${demo.addresses.portal}/inbox`);
    await computer.isAt("/login");
    expect(desk.errors).toEqual([]);
  });
}
