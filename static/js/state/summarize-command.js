// Summarising as a command of a message: "/summarize 3-8, 12 Keep all decisions".
import { namesOf, numbersIn } from "./run-numbers.js";

const MOST = 1000; // runs of one summary, as the server has it
const LONGEST = 2000; // characters of what is wished for

/** What follows "/summarize": `{command}`, or `{problem}` in words. `runs` are those that have ended: `[{id, number}]`. */
export function readSummarize(rest, runs) {
  const named = numbersIn(rest);
  if (!named) return { problem: "/summarize needs the numbers of runs, or “all”: /summarize 3-8" };
  const chosen = named.all ? runs : runs.filter(({ number }) => named.ranges.some((one) => one.from <= number && number <= one.until));
  const missing = named.ranges.find(({ from, until }) => !chosen.some(({ number }) => from <= number && number <= until));
  if (missing) return { problem: `Here is no ${namesOf([missing.from, missing.until])} that has ended.` };
  if (chosen.length === 0) return { problem: "There is nothing to summarise yet." };
  if (chosen.length > MOST) return { problem: `At most ${MOST.toLocaleString()} runs can stand as one summary.` };
  if (named.rest.length > LONGEST) return { problem: "What follows /summarize is too long." };
  const command = { type: "summarize", runs: chosen.map(({ id }) => id) };
  return { command: named.rest ? { ...command, instructions: named.rest } : command };
}

/** A command as it is told, in a few words. */
export function describeSummarize({ runs = [], instructions = "" }) {
  const what = runs.length === 1 ? "Summarise a run" : `Summarise ${runs.length} runs`;
  return instructions ? `${what}: ${instructions}` : what;
}
