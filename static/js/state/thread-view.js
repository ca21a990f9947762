// What of a thread's state is shown: the head's branch, run by run, each with its messages in order.
import { line, newestRun, pathTo } from "./branches.js";
import { isTerminal } from "./thread-state.js";

export { isDelegated } from "./branches.js";

/** Ids are time-ordered: of messages, and of the steps between them. */
export const byId = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** The runs of the branch that is shown, oldest first, as far as they are known: the head's ancestors, the head, what waits. */
export const branch = (state) => line(state, (state.runs[state.thread?.head] ?? newestRun(state))?.id);

/**
 * The part of a branch that is drawn, oldest first: what of it has been read without a hole. That is the head's branch, or,
 * as long as nothing of that has been read, the one before it.
 */
export function stretch(state) {
  const { held, from, until } = state.view;
  const runs = until ? pathTo(state, until) : held ? line(state, held) : branch(state);
  const first = from ? runs.findIndex((run) => run.id === from) : 0;
  return first > 0 ? runs.slice(first) : runs;
}

/** The queued runs of a branch that wait for another one of it, in their order: they stand in the queue, not in the transcript. */
export function queueOf(runs) {
  const first = runs.find((run) => !isTerminal(run));
  const queued = runs.filter((run) => run.status === "queued" && run !== first);
  return queued.sort((a, b) => (a.position ?? a.number) - (b.position ?? b.number));
}

/** The run of a branch that is being answered, or that waits for an answer: what is said now may join it. */
export const activeRun = (runs) => runs.find(({ status }) => status === "running" || status === "waiting");

/** Messages by run id, each list in the order in which they were said (ids are time-ordered). */
export function messagesByRun(state) {
  const grouped = {};
  const live = Object.values(state.live).map(({ message }) => message);
  for (const message of [...Object.values(state.messages), ...live]) (grouped[message.run_id] ??= []).push(message);
  for (const messages of Object.values(grouped)) messages.sort(byId);
  return grouped;
}

/** Whether a message sent now would wait: something in the branch has not ended. */
export const isBusy = (runs) => runs.some((run) => !isTerminal(run));

/** How a list of runs stands in the queue, in words; `""` where none of them waits in it. */
export function queueLabel(runs) {
  const queued = runs.filter(({ status }) => status === "queued");
  if (queued.length === 0) return "";
  const place = queued[0].position ? `position ${queued[0].position}` : "";
  if (queued.length === 1) return ["Queued", place].filter(Boolean).join(" · ");
  return [`${queued.length} queued`, place && `the next one at ${place}`].filter(Boolean).join(", ");
}

/** The screen as plain data: what a test compares between watching and replaying. */
export function screen(state) {
  const messages = messagesByRun(state);
  return branch(state).map((run) => ({
    number: run.number,
    kind: run.kind,
    status: run.status,
    agent: run.agent,
    model: run.model,
    usage: run.usage ?? null,
    error: run.error ?? state.errors[run.id] ?? null,
    steps: (state.steps[run.id] ?? []).map(({ kind, status, summary }) => ({ kind, status, summary })),
    tools: Object.values(state.tools[run.id] ?? {})
      .map(({ tool_call_id, status, result }) => ({ tool_call_id, status, result: result ?? null }))
      .sort((a, b) => (a.tool_call_id < b.tool_call_id ? -1 : 1)),
    messages: (messages[run.id] ?? []).map(({ role, status, content }) => ({ role, status, content })),
  }));
}
