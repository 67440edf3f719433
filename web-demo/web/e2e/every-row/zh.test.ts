/** Rows S1 to S16 in Chinese. */
import { walkEveryRow } from "./rows.ts";
import { CHINESE } from "./words.ts";

walkEveryRow(CHINESE);
