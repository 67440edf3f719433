/** Golden files, written from the Rust types. */
import { readFileSync } from "node:fs";

interface MessageVector {
  readonly name: string;
  readonly from: "browser" | "gateway";
  readonly text: string;
  readonly valid: boolean;
}

interface PollAnswerVector {
  readonly name: string;
  readonly text: string;
  readonly valid: boolean;
}

interface CloseCodeVector {
  readonly code: number;
  readonly come_back: string;
}

export const vectors = {
  messages: (): MessageVector[] => read("messages"),
  pollAnswers: (): PollAnswerVector[] => read("poll-answers"),
  closeCodes: (): CloseCodeVector[] => read("close-codes"),
};

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), "utf8"));
}
