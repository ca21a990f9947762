// A thread as the page knows it: one pure function from (state, frame) to state, for live frames, the journal's replay and
// pages from REST alike. What watching showed is what replaying shows.
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
  tools: {}, // tool call id → its last `tool` frame
  steps: {}, // run id → its `step` frames, in their order
  errors: {}, // run id → {code, message, details, retryable}
  masks: {}, // token → {token, category, value}
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

  tool: (state, frame) => ({ ...state, tools: { ...state.tools, [frame.tool_call_id]: frame } }),

  step: (state, frame) => withStep(state, frame),

  masks: (state, { masks = [] }) => ({
    ...state,
    masks: { ...state.masks, ...Object.fromEntries(masks.map((mask) => [mask.token, mask])) },
  }),

  thread: (state, { thread, changed, thread_id }) => ({
    ...state,
    thread: { id: thread_id, ...state.thread, ...thread, ...changed },
  }),

  error: (state, { run_id, code, message, details, retryable }) =>
    run_id ? { ...state, errors: { ...state.errors, [run_id]: { code, message, details, retryable } } } : state,

  // Not from the wire: objects that came over REST. `lastSeq` says how far they are known to reach.
  page: (state, { thread, runs = [], messages = [], steps = [], lastSeq = 0 }) => {
    let next = steps.reduce(withStep, runs.reduce(withRun, state));
    next = messages.reduce(
      (known, message) => (message.status === "streaming" ? withStored : withMessage)(known, message),
      next,
    );
    const merged = thread ? { ...next, thread: { ...next.thread, ...thread } } : next;
    return { ...merged, lastSeq: Math.max(merged.lastSeq, lastSeq) };
  },
};

const withGap = (state) => (state.gap ? state : { ...state, gap: true });

/** A terminal run never changes state, whatever an older page says; its messages have all been told. */
function withRun(state, run) {
  const known = state.runs[run.id];
  if (isTerminal(known) && !isTerminal(run)) return state;
  const leavesQueue = known?.status === "queued" && run.status !== "queued";
  const runs = { ...(leavesQueue ? movedUp(state.runs, run) : state.runs), [run.id]: run };
  if (!isTerminal(run)) return { ...state, runs };
  const live = Object.entries(state.live).filter(([, { message }]) => message.run_id !== run.id);
  return { ...state, runs, live: Object.fromEntries(live) };
}

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

/** A streaming message as it is stored is up to a second old: what came over the socket is better. */
function withStored(state, message) {
  return state.live[message.id] ? state : withLive(state, message);
}
