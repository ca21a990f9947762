// What of a thread's state is shown: the head's branch, run by run, each with its messages in order.
import { isTerminal } from "./thread-state.js";

/** Ids are time-ordered: of messages, and of the steps between them. */
export const byId = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const byNumber = (a, b) => a.number - b.number;

/** The runs of the branch that is shown, oldest first: the head's ancestors, the head, and what waits behind it. */
export function branch(state) {
  const head = state.runs[state.thread?.head] ?? newestRun(state);
  if (!head) return [];
  const path = [];
  for (let run = head; run; run = state.runs[run.parent]) path.unshift(run);
  const followers = Object.values(state.runs).filter((run) => run.lane === head.lane && run.number > head.number);
  for (const run of followers.sort(byNumber)) if (run.parent === path.at(-1).id) path.push(run);
  return path;
}

const newestRun = (state) => Object.values(state.runs).sort(byNumber).at(-1);

/** Messages by run id, each list in the order in which they were said (ids are time-ordered). */
export function messagesByRun(state) {
  const grouped = {};
  const live = Object.values(state.live).map(({ message }) => message);
  for (const message of [...Object.values(state.messages), ...live]) (grouped[message.run_id] ??= []).push(message);
  for (const messages of Object.values(grouped)) messages.sort(byId);
  return grouped;
}

/** The runs of a branch from the first one on whose messages have been loaded: older ones come with theirs. */
export function loadedRuns(runs, messages) {
  const first = runs.findIndex((run) => messages[run.id]);
  return first === -1 ? [] : runs.slice(first);
}

/** The attempts at the turn of a run, itself among them, oldest first. */
export const attemptsAt = (runs, { parent }) =>
  Object.values(runs)
    .filter((run) => run.parent === parent)
    .sort(byNumber);

/** A run and what was said after it: from each run to its newest follower. */
export function continuation(runs, run) {
  const path = [];
  const all = Object.values(runs).sort(byNumber);
  for (let next = run; next; next = all.findLast(({ parent }) => parent === path.at(-1).id)) path.push(next);
  return path;
}

/** Attempts at the same turn: run id → `[its place, of how many]`, for runs that have siblings. */
export function attempts(runs) {
  const families = Object.values(Object.groupBy(Object.values(runs), (run) => run.parent ?? ""));
  const siblings = families.filter((family) => family.length > 1).map((family) => family.sort(byNumber));
  return Object.fromEntries(
    siblings.flatMap((family) => family.map((run, index) => [run.id, [index + 1, family.length]])),
  );
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
    messages: (messages[run.id] ?? []).map(({ role, status, content }) => ({ role, status, content })),
  }));
}
