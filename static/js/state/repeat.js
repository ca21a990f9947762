// Which runs can be run again, edited and continued, and what they were asked.
import { isDelegated } from "./branches.js";
import { isTerminal } from "./thread-state.js";

const byId = (a, b) => (a.id < b.id ? -1 : 1);
const messagesOf = (state, runId) => Object.values(state.messages).filter(({ run_id }) => run_id === runId);

/** Whether a run has ended and stands on a branch: then it can be run again, edited and forked. */
export const canRepeat = (run) => isTerminal(run) && !isDelegated(run);

/** Whether the answer of a run was cut off, so that it can go on: it was stopped or broke, or met a limit. */
export function canContinue(state, run) {
  if (!canRepeat(run)) return false;
  const hasAnswer = messagesOf(state, run.id).some(
    ({ role, content }) => role === "assistant" && content.some(({ type, text }) => type === "text" && text),
  );
  const isCut = (state.steps[run.id] ?? []).some(({ kind, status }) => kind === "decision" && status === "length");
  return hasAnswer && (run.status !== "completed" || isCut);
}

/** The message that a run was given, or `undefined`. */
export const questionOf = (state, runId) =>
  messagesOf(state, runId)
    .filter(({ role }) => role === "user")
    .sort(byId)[0];
