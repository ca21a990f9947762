// Tool calls of a thread: which of them ask, which run brought a result, what was read.

const NONE = Object.freeze({});

/** The calls of a run, by call id: the same object as long as none of them changes. */
export const callsOf = (state, runId) => state.tools[runId] ?? NONE;

/** A call by its id, which a model has chosen: it may be any word. `undefined` for one that is not known. */
export function callOf(state, runId, callId) {
  const calls = callsOf(state, runId);
  return Object.hasOwn(calls, callId) ? calls[callId] : undefined;
}

/** Whether a call waits for the person, and not for another run. */
export const asksPerson = (call) => call.status === "waiting" && call.asks !== "run";

/** The run that a call was handed to, or `undefined`. It may be known before the call says so. */
export const childOf = (state, call) =>
  call.child ??
  Object.values(state.runs).find((run) => run.trigger === "delegation" && isCausedBy(run, call.run_id, call.tool_call_id))
    ?.id;

const waitingCalls = (state, runId) => Object.values(callsOf(state, runId)).filter(({ status }) => status === "waiting");

/** Whether a waiting run waits for the person, and not just for runs that it handed tasks to. */
export function waitsForPerson(state, runId) {
  return waitingCalls(state, runId).length === 0 || isAsked(state, runId, new Set());
}

/** Whether a run, or one that it handed a task to, asks the person. One whose calls are not known is not taken to ask. */
function isAsked(state, runId, seen) {
  if (seen.has(runId)) return false;
  seen.add(runId);
  return waitingCalls(state, runId).some((call) => asksPerson(call) || (call.child && isAsked(state, call.child, seen)));
}

/** The run that brought the result of a call that ended after its own run had, or `undefined`. */
export const resultRunOf = (state, runId, callId) =>
  Object.values(state.runs).find((run) => run.trigger !== "delegation" && isCausedBy(run, runId, callId));

function isCausedBy({ cause }, runId, callId) {
  return cause?.run_id === runId && cause.tool_call_id === callId;
}

/**
 * What the calls of a run have read, in the order of the calls, each source once: `[{id, skill, title, url, passages}]`,
 * a passage being `{text, offset}`.
 */
export function sourcesOf(calls) {
  const found = new Map();
  const inOrder = Object.values(calls).sort((a, b) => a.seq - b.seq);
  for (const given of inOrder.flatMap(({ details }) => listOf(details?.sources))) {
    const { id, skill = "", passage, offset = 0 } = given;
    if (typeof id !== "string" || !id) continue;
    const source = found.get(`${skill}/${id}`) ?? newSource(given);
    const isNew = typeof passage === "string" && passage && source.passages.every(({ text }) => text !== passage);
    if (isNew) source.passages.push({ text: passage, offset });
    found.set(`${skill}/${id}`, source);
  }
  return [...found.values()];
}

const readIn = new WeakMap(); // the calls of a thread → what they have read

/** The ids of all sources that a thread's calls have read, in one text: it stays the same until another one is read. */
export function sourceIds({ tools }) {
  if (!readIn.has(tools)) {
    const ids = sourcesOf(Object.values(tools).flatMap(Object.values)).map(({ id }) => id);
    readIn.set(tools, [...new Set(ids)].sort().join(" "));
  }
  return readIn.get(tools);
}

const newSource = ({ id, skill = "", title, url }) => ({
  id,
  skill,
  title: String(title || "Source"),
  url: /^https?:/i.test(url ?? "") ? url : "",
  passages: [],
});

const listOf = (value) => (Array.isArray(value) ? value.filter((item) => item && typeof item === "object") : []);
