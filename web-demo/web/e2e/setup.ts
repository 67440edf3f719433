/** Hooks of every end-to-end test. */
import { afterEach, beforeEach } from "vitest";

import { closeWindows, keepWindows } from "./windows.ts";

// What a file opens before its tests, it closes itself.
beforeEach(keepWindows);

afterEach(closeWindows);
