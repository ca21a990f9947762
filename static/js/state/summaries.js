// Summaries that stand for runs in the model's view: read when a run names one that is not known, and again when one may have changed.
import { api } from "../net/api.js";
import { isThere, pathTo } from "./branches.js";

/** Reads the summaries of a session's thread into its state. */
export async function loadSummaries(session) {
  const { results } = await api.summaries(session.threadId);
  session.apply({ type: "summaries", summaries: results });
}

/** Puts a person's words in the place of a summary's. */
export async function editSummary(session, id, text) {
  put(session, await api.updateSummary(id, { text }));
}

/** Takes a summary back: its runs are whole again, which the server tells of each. */
export async function takeBackSummary(session, id) {
  await api.deleteSummary(id);
  const { [id]: _gone, ...summaries } = session.state.value.summaries;
  session.apply({ type: "summaries", summaries: Object.values(summaries) });
}

/** Has a summary written anew, of the runs that it stands for now: by a run, which is shown when it is told. */
export async function renewSummary(session, id) {
  session.apply({ type: "page", runs: [await api.renewSummary(id)] });
}

function put(session, summary) {
  const { summaries } = session.state.value;
  session.apply({ type: "summaries", summaries: Object.values({ ...summaries, [summary.id]: summary }) });
}

/** What the summaries of a thread depend on, in a text: other runs in them, and runs that were removed or came back. */
export const signOfSummaries = ({ runs }) =>
  Object.values(runs)
    .filter(({ summary }) => summary)
    .map(({ id, summary, deleted_at }) => [id, summary, deleted_at].join())
    .join(" ");

/**
 * The summary that a run is read as, or `undefined`; `onBranch` is what `branchOf` gives. A summary counts where all of its runs are on the branch: one that is known
 * to stand elsewhere, or was removed, is in the way; one that was not read yet is taken to be there.
 */
export function summaryOf(state, run, onBranch) {
  const summary = state.summaries[run.summary];
  const isAway = (id) => state.runs[id] && (!isThere(state.runs[id]) || !onBranch.has(id));
  return summary && !summary.runs.some(isAway) ? summary : undefined;
}

/** The ids of the runs of the branch that is shown. */
export const branchOf = (state) =>
  new Set(pathTo(state, state.view.until ?? state.view.held ?? state.thread?.head).map(({ id }) => id));

/** The numbers of a summary's runs, as far as they are known. */
export const numbersOf = (state, summary) =>
  summary.runs.map((id) => state.runs[id]?.number).filter((number) => number !== undefined);
