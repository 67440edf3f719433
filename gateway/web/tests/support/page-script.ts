/** The script of a test page: the element, and its exports for the test to look at. */
import "../../src/define.ts";
import { LoginStateEvent, QrLoginElement } from "../../src/index.ts";

Object.assign(window, { LoginStateEvent, QrLoginElement });
