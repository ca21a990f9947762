// What the transcript is made of: runs, groups of runs with a name, summaries with the runs that they stand for, and answers to
// one question side by side.
import { isThere } from "./branches.js";
import { branchOf, summaryOf } from "./summaries.js";

/**
 * The runs of a branch as what they are drawn as: `{type: "run", key, run}`; `{type: "group", key, group, runs, blocks}` for
 * neighbours of one group, whose `blocks` are runs and summaries; `{type: "summary", key, summary, runs, isFirst}` for neighbours
 * that one summary stands for, `isFirst` where it stands; and `{type: "batch", key, runs}` at the end, for one input that several
 * were asked at once, until one of their answers is kept (`keptBatches`: `{batch: true}`) or gone on with.
 */
export function blocks(state, runs, keptBatches = {}) {
  const beside = openBatch(state, runs, keptBatches);
  const onBranch = runs.some(isSummarised) ? branchOf(state) : null;
  const placed = new Set(); // summaries that stand somewhere already
  const found = [];
  for (const run of beside ? runs.slice(0, -1) : runs) {
    const group = run.group && state.groups[run.group];
    const list = group ? groupAtEnd(found, group, run).blocks : found;
    place(list, run, isSummarised(run) ? summaryOf(state, run, onBranch) : undefined, placed);
  }
  if (beside) found.push({ type: "batch", key: beside[0].batch, runs: beside });
  return found;
}

const isSummarised = ({ context }) => context === "summarised";

function groupAtEnd(found, group, run) {
  const last = found.at(-1);
  const isSame = last?.type === "group" && last.group === group;
  const block = isSame ? last : { type: "group", key: `${group.id} ${run.id}`, group, runs: [], blocks: [] };
  if (!isSame) found.push(block);
  block.runs.push(run);
  return block;
}

function place(list, run, summary, placed) {
  const last = list.at(-1);
  if (!summary) list.push({ type: "run", key: run.id, run });
  else if (last?.type === "summary" && last.summary === summary) last.runs.push(run);
  else list.push({ type: "summary", key: `${summary.id} ${run.id}`, summary, runs: [run], isFirst: !placed.has(summary.id) });
  if (summary) placed.add(summary.id);
}

/** The runs of the batch that ends a branch, the first asked first, while none of them was chosen; else `null`. */
function openBatch(state, runs, keptBatches) {
  const last = runs.at(-1);
  if (!last?.batch || keptBatches[last.batch]) return null;
  const asked = Object.values(state.runs).filter((run) => run.batch === last.batch && isThere(run));
  asked.sort((a, b) => a.number - b.number);
  const chosen = last.id !== asked[0].id; // at first the head is the first one
  const goneOn = Object.values(state.runs).some((run) => isThere(run) && asked.some(({ id }) => id === run.parent));
  return asked.length < 2 || chosen || goneOn ? null : asked;
}

/** What runs of a group come to together: `{input_tokens, output_tokens, cost?, currency?}`. */
export function sumOf(runs) {
  const used = runs.map(({ usage = {} }) => usage);
  const sum = (name) => used.reduce((total, usage) => total + Number(usage[name] ?? 0), 0);
  const priced = used.find(({ cost }) => cost !== undefined);
  return {
    input_tokens: sum("input_tokens"),
    output_tokens: sum("output_tokens"),
    ...(priced && { cost: sum("cost"), currency: priced.currency }),
  };
}
