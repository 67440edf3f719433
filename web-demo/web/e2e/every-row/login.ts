/** S11 to S14: logging in to the hall by scanning, with the new card on the phone. */
import { ZI } from "../citizens.ts";
import type { Row } from "./rows.ts";

export function loginRows(row: Row): void {
  row("S11: the login page shows a code", async (walk) => {
    const { says, computer } = walk;
    await computer.page.goto(walk.demo.addresses.portal);
    await computer.follow(says.byScanning);
    await computer.showsCode();
    await walk.see("S11", computer);
  });

  row("S12: the phone's camera reads it, and she chooses to log in as herself", async (walk) => {
    const { says, computer, phone } = walk;
    await walk.scan();
    await phone.shows(says.hall);
    await computer.says(ZI.masked, says.asked);
    await walk.see("S12", computer, "question");
    await phone.shows(says.agreeFirst);
    await computer.agrees();
    await computer.says(says.scanned, ZI.masked);
    await walk.see("S12", computer);
    await phone.choose(says.personal);
    await walk.see("S12", phone);
  });

  row("S13: the phone names the site and asks", async (walk) => {
    const { says, phone } = walk;
    await phone.shows(says.ask);
    await phone.shows(new URL(walk.demo.addresses.portal).host);
    await phone.confirm();
    await phone.shows(says.loggedIn);
    await walk.see("S13", phone);
  });

  row("S14: the computer goes home by itself, logged in", async (walk) => {
    await walk.computer.greets(ZI.name);
    await walk.see("S14", walk.computer);
  });
}
