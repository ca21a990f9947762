// The outline of a thread: all its runs in a few words each, those of the branch that is shown or all.
import { isDelegated, isThere } from "./branches.js";
import { branch } from "./thread-view.js";

/**
 * The rows of an outline, oldest first: what `branches` (as the server lists them, `{head, runs}`) knows, each with what the
 * page knows better of it. `all`: also what stands beside the branch that is shown, which has `beside`.
 */
export function outlineRows(branches, { runs: live, thread }, { all = false } = {}) {
  // What is listed has parents that are there; what was removed since stays in the tree, so that the way leads over it.
  const known = branches.runs.map((run) => ({ ...run, ...live[run.id], parent: run.parent }));
  const shown = branch({ runs: byId(known), thread: { head: thread?.head ?? branches.head } });
  const onBranch = new Set(shown.map(({ id }) => id));
  const rows = all ? known.filter(isThere).map((run) => ({ ...run, beside: !onBranch.has(run.id) })) : shown;
  return rows.toSorted((a, b) => a.number - b.number);
}

const byId = (runs) => Object.fromEntries(runs.map((run) => [run.id, run]));

/** Whether the page knows of a run that the list does not: then the list is to be read again. */
export function isBehind(branches, { runs }) {
  const listed = new Set(branches.runs.map(({ id }) => id));
  return Object.values(runs).some((run) => !listed.has(run.id) && isThere(run) && !isDelegated(run));
}

/** What a run is called in a list: its title, else how its input begins, else its number. */
export const labelOfRun = (run) => run.title || run.label || `Run ${run.number}`;

/** The rows that a filter leaves: each of its words is in the row's name, tags, status or number ("7", "#7"). `reveal` as in useMasks. */
export function filteredRows(rows, typed, { reveal = (text) => text, pinned = false } = {}) {
  const words = typed.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  return rows.filter((run) => {
    if (pinned && !run.pinned) return false;
    const text = [reveal(labelOfRun(run)), ...(run.tags ?? []), run.status, `#${run.number}`].join("\n").toLocaleLowerCase();
    return words.every((word) => text.includes(word));
  });
}

/** Rows in sections: those that follow each other in the same group together. `[{group, rows}]`, `group` an id or `null`. */
export function groupedRows(rows) {
  const sections = [];
  for (const run of rows) {
    const group = run.group ?? null;
    if (sections.at(-1)?.group === group) sections.at(-1).rows.push(run);
    else sections.push({ group, rows: [run] });
  }
  return sections;
}
