// The tree of a thread's runs, as far as it is known: what came before a run, and which attempts there are at its turn.

/** Whether a run is a task that another run has handed on: it is shown in that run, and stands on no branch. */
export const isDelegated = (run) => run.trigger === "delegation";

/** Whether a run is there to be shown: people remove runs, and take that back. */
export const isThere = (run) => Boolean(run) && !run.deleted_at;

const byNumber = (a, b) => a.number - b.number;

/** A run and those before it, oldest first, as far as they are known, without what was removed. */
export function pathTo(state, runId) {
  const path = [];
  for (let run = state.runs[runId]; run; run = state.runs[run.parent]) if (isThere(run)) path.push(run);
  return path.reverse();
}

/**
 * The runs of a branch that ends with a run, oldest first: those before it, itself, and what waits behind it in its lane.
 */
export function line(state, runId) {
  const path = pathTo(state, runId);
  const end = state.runs[runId];
  if (!end) return path;
  const later = Object.values(state.runs).filter(
    (run) => run.lane === end.lane && run.number > end.number && isThere(run) && !isDelegated(run),
  );
  for (const run of later.sort(byNumber)) if (run.parent === (path.at(-1) ?? end).id) path.push(run);
  return path;
}

/** The newest run that is there and stands on a branch. */
export const newestRun = ({ runs }) =>
  Object.values(runs)
    .filter((run) => isThere(run) && !isDelegated(run))
    .reduce((newest, run) => (newest && newest.number > run.number ? newest : run), undefined);

const known = new WeakMap(); // the runs of a thread → the ids of those with the same parent

function families(runs) {
  if (!known.has(runs)) {
    const there = Object.values(runs).filter((run) => isThere(run) && !isDelegated(run));
    known.set(runs, Object.groupBy(there, ({ parent }) => parent ?? ""));
  }
  return known.get(runs);
}

const ALONE = Object.freeze([]);
const lists = new WeakMap(); // the runs of a thread → what `siblingsOf` has said of them

/**
 * The ids of all attempts at the turn of a run, oldest first, itself among them; empty where it is the only one. The same
 * array as long as the thread's runs are the same.
 */
export function siblingsOf(state, run) {
  if (isDelegated(run)) return ALONE;
  if (!lists.has(state.runs)) lists.set(state.runs, new Map());
  const said = lists.get(state.runs);
  const told = state.siblings[run.id] ?? ALONE;
  const before = said.get(run.id);
  if (before?.told === told) return before.ids;
  const here = (families(state.runs)[run.parent ?? ""] ?? []).map(({ id }) => id);
  const all = [...new Set([...told, ...here])].filter((id) => !state.runs[id]?.deleted_at).sort();
  const ids = all.length > 1 ? all : ALONE;
  said.set(run.id, { told, ids });
  return ids;
}
