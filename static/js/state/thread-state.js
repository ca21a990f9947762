// A thread as the page knows it: one pure function from (state, frame) to state, for live frames, the journal's replay and
// pages from REST alike. What watching showed is what replaying shows.
import { isThere, pathTo } from "./branches.js";
import { appendDelta, lengthsOf } from "./live-message.js";

const TERMINAL = new Set(["completed", "failed", "cancelled", "interrupted"]);

/** Whether a run has ended for good. */
export const isTerminal = (run) => TERMINAL.has(run?.status);

/** A thread of which nothing is known yet. */
export const emptyThread = Object.freeze({
  thread: null,
  runs: {}, // id → run
  messages: {}, // id → message that is complete or finally partial
  live: {}, // id → {message, lengths}: messages that are being streamed
  tools: {}, // run id → tool call id → its last `tool` frame: models give the same id again, in another run
  steps: {}, // run id → its `step` frames, in their order
  errors: {}, // run id → {code, message, details, retryable}
  groups: {}, // id → {id, name, folded}: named groups of runs
  summaries: {}, // id → what stands for runs in the model's view: see summaries.js
  masks: {}, // token → {token, category, value}
  siblings: {}, // run id → ids of the attempts at its turn, as pages tell them
  view: { held: null, from: null, until: null }, // what of a branch is drawn: see thread-view.js
  lastSeq: 0,
  gap: false, // a delta was missed: ask for a resync
});

/**
 * The state after a frame. Frames of an unknown type, and durable frames that were already applied, change nothing: then
 * the very same state is returned.
 */
export function reduce(state, frame) {
  if (frame.seq !== undefined && frame.seq <= state.lastSeq) return state;
  const apply = Object.hasOwn(appliers, frame.type) ? appliers[frame.type] : unchanged;
  const next = apply(state, frame);
  return frame.seq === undefined ? next : { ...next, lastSeq: frame.seq };
}

const unchanged = (state) => state;

const appliers = {
  session: (state, { runs = [] }) => ({ ...runs.reduce(withRun, state), gap: false }),

  run: (state, { run }) => withRun(state, run),

  message: (state, { message }) => withMessage(state, message),

  message_start: (state, { message, run_id }) => withLive(state, { run_id, ...message }),

  delta: (state, frame) => {
    const live = state.live[frame.message_id];
    if (!live) return state; // it has ended, or its start is still to come, with all the text that it will have by then
    const next = appendDelta(live, frame);
    if (next === live) return state;
    if (!next) return withGap(state);
    return { ...state, live: { ...state.live, [frame.message_id]: next } };
  },

  tool: (state, frame) => withTool(state, frame),

  step: (state, frame) => withStep(state, frame),

  masks: (state, { masks = [] }) => ({
    ...state,
    masks: { ...state.masks, ...Object.fromEntries(masks.map((mask) => [mask.token, mask])) },
  }),

  thread: (state, { thread, changed: { groups, ...changed } = {}, thread_id }) =>
    withHead(state, {
      ...state,
      groups: groups ? byId(groups) : state.groups,
      thread: { id: thread_id, ...state.thread, ...thread, ...changed },
    }),

  error: (state, { run_id, code, message, details, retryable }) =>
    run_id ? { ...state, errors: { ...state.errors, [run_id]: { code, message, details, retryable } } } : state,

  // Not from the wire: all groups of the thread, as they were read.
  groups: (state, { groups }) => ({ ...state, groups: byId(groups) }),

  // Not from the wire: all summaries of the thread, as they were read.
  summaries: (state, { summaries }) => ({ ...state, summaries: byId(summaries) }),

  // Not from the wire: objects that came over REST. `lastSeq` says how far they are known to reach. Where they were read to be
  // drawn, `view` says from which run of the branch on, and until which one (null: from its beginning, until its end).
  page: (state, { thread, runs = [], messages = [], steps = [], tools = [], siblings, view, lastSeq = 0 }) => {
    let next = tools.reduce(withTool, steps.reduce(withStep, runs.reduce(withRun, state)));
    next = messages.reduce(
      (known, message) => (message.status === "streaming" ? withStored : withMessage)(known, message),
      next,
    );
    if (siblings) next = { ...next, siblings: { ...next.siblings, ...siblings } };
    if (thread) next = { ...next, thread: { ...next.thread, ...thread } };
    next = view ? { ...next, view: { held: null, ...view } } : withHead(state, next);
    return { ...next, lastSeq: Math.max(next.lastSeq, lastSeq) };
  },
};

/** Another branch is drawn when it has been read: until then the one before it is held. */
function withHead(before, state) {
  const [last, head] = [before.thread?.head, state.thread?.head];
  if (!last || !head || last === head) return state;
  const { view } = state;
  if (view.until && pathTo(state, head).some(({ id }) => id === last)) return state; // it has grown, beyond what is drawn
  const first = view.until ? undefined : firstRead(state, head, view.from);
  const held = first === undefined ? (view.held ?? last) : null;
  return { ...state, view: held ? { ...view, held } : { held, from: first, until: null } };
}

/**
 * How far back a branch has been read without a hole: `from` where the reading of another branch began, `null` where its very
 * beginning is known, `undefined` where something is missing before that.
 */
function firstRead(state, head, from) {
  const read = new Set(Object.values(state.messages).map(({ run_id }) => run_id));
  for (let run = state.runs[head]; run; run = state.runs[run.parent]) {
    if (!isThere(run)) continue;
    if (!read.has(run.id)) return undefined;
    if (run.id === from) return from;
    if (!run.parent) return null;
  }
  return undefined;
}

const byId = (objects) => Object.fromEntries(objects.map((object) => [object.id, object]));

const withGap = (state) => (state.gap ? state : { ...state, gap: true });

/** A terminal run never changes state, whatever an older page says; its messages have all been told. */
function withRun(state, run) {
  const known = state.runs[run.id];
  if (isTerminal(known) && !isTerminal(run)) return state;
  const leavesQueue = isQueued(known) && !isQueued(run);
  const runs = { ...(leavesQueue ? movedUp(state.runs, run) : state.runs), [run.id]: run };
  if (!isTerminal(run)) return { ...state, runs };
  const live = Object.entries(state.live).filter(([, { message }]) => message.run_id !== run.id);
  const next = { ...state, runs, live: Object.fromEntries(live) };
  return run.pruned_at ? withoutWords(next, run.id) : next;
}

/** What was said in a run is gone: its first message is left, without content, in its place. */
function withoutWords(state, runId) {
  const isOwn = ({ run_id }) => run_id === runId;
  const [first] = Object.values(state.messages).filter(isOwn).sort((a, b) => (a.id < b.id ? -1 : 1));
  const messages = byId(Object.values(state.messages).filter((message) => !isOwn(message)));
  if (first) messages[first.id] = { ...first, content: [] };
  const without = (told) => Object.fromEntries(Object.entries(told).filter(([id]) => id !== runId));
  return { ...state, messages, tools: without(state.tools), steps: without(state.steps), errors: without(state.errors) };
}

const isQueued = (run) => isThere(run) && run.status === "queued";

/** The runs, those nearer to their turn that waited behind one which waits no longer. */
function movedUp(runs, { lane, number }) {
  const moved = Object.values(runs)
    .filter((run) => run.lane === lane && run.number > number && run.position > 1)
    .map((run) => [run.id, { ...run, position: run.position - 1 }]);
  return { ...runs, ...Object.fromEntries(moved) };
}

function withMessage(state, message) {
  const { [message.id]: _streamed, ...live } = state.live;
  return { ...state, live, messages: { ...state.messages, [message.id]: message } };
}

function withLive(state, message) {
  if (state.messages[message.id] || isTerminal(state.runs[message.run_id])) return state;
  return { ...state, live: { ...state.live, [message.id]: { message, lengths: lengthsOf(message) } } };
}

/** A step may be told twice: by a page, and by the journal after it. */
function withStep(state, step) {
  const known = state.steps[step.run_id] ?? [];
  if (known.some(({ id }) => id === step.id)) return state;
  const steps = [...known, step].sort((a, b) => a.seq - b.seq);
  return { ...state, steps: { ...state.steps, [step.run_id]: steps } };
}

/** A page may tell of a call what is older than what the socket has told. */
function withTool(state, frame) {
  const calls = state.tools[frame.run_id] ?? {};
  const known = calls[frame.tool_call_id];
  if (known && known.seq >= frame.seq) return state;
  return { ...state, tools: { ...state.tools, [frame.run_id]: { ...calls, [frame.tool_call_id]: frame } } };
}

/** A streaming message as it is stored is up to a second old: what came over the socket is better. */
function withStored(state, message) {
  return state.live[message.id] ? state : withLive(state, message);
}
