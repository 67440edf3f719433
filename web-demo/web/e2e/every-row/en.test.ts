/** Rows S1 to S16 in English. */
import { walkEveryRow } from "./rows.ts";
import { ENGLISH } from "./words.ts";

walkEveryRow(ENGLISH);
