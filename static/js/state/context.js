// What the model sees of the open conversation: how its window is filled, and by which runs; and how a person changes that.
import { api } from "../net/api.js";
import { summarizingIn } from "./commands.js";
import { Store } from "./store.js";
import { renewSummary, takeBackSummary } from "./summaries.js";
import { isTerminal } from "./thread-state.js";
import { branch } from "./thread-view.js";

const PAUSE = 350; // ms from a change until the window is looked at again
const BYTES_PER_TOKEN = 3.5; // of UTF-8, as the server estimates

/** What a window is filled with, in the order in which it is drawn. */
export const PARTS = Object.freeze([
  { name: "system", label: "System prompt" },
  { name: "tools", label: "Tools" },
  { name: "history", label: "Conversation" },
  { name: "message", label: "Your message" },
  { name: "answer", label: "Kept for the answer" },
  { name: "free", label: "Free" },
]);

/** About as many tokens as the server counts for a text. */
export const tokensIn = (text) => Math.ceil(new TextEncoder().encode(text).length / BYTES_PER_TOKEN);

/** A window (as `GET threads/{id}/context/` has it) with what is being written: that is counted here, it is not sent before it is said. */
export function withDraft(context, text) {
  const written = text.trim() ? tokensIn(text) : 0;
  return { ...context, message: (context.message ?? 0) + written, free: Math.max(0, context.free - written) };
}

/** The parts of a window that there are: `[{name, label, tokens, from, until}]`, places from 0 to 1. More than fits is all of it. */
export function segmentsOf(context) {
  const parts = PARTS.map((part) => ({ ...part, tokens: context[part.name] ?? 0 })).filter(({ tokens }) => tokens > 0);
  const whole = Math.max(context.window, parts.reduce((sum, { tokens }) => sum + tokens, 0)) || 1;
  let at = 0;
  return parts.map((part) => {
    const from = at;
    at += part.tokens / whole;
    return { ...part, from, until: at };
  });
}

/** How full the window is: `{taken, room, percent}`, where `room` is what the answer leaves of it. */
export function fullness({ window, answer, system, tools, history, message }) {
  const room = Math.max(1, window - answer);
  const taken = system + tools + history + message;
  return { taken, room, percent: Math.min(100, Math.round((taken / room) * 100)) };
}

const known = new WeakMap(); // the runs of a thread → what they say to the window

/** What the window depends on, in a text that stays the same as long as that does: not what is being streamed. */
export function signOf({ runs, thread }) {
  if (!known.has(runs)) {
    const said = ({ id, context, summary, pinned, importance, deleted_at, ...run }) =>
      [id, isTerminal(run), context, summary, pinned, importance, deleted_at].join();
    known.set(runs, Object.values(runs).map(said).join(" "));
  }
  return [thread?.head, thread?.agent, thread?.model, thread?.skills, known.get(runs)].join("|");
}

/** In how many tokens the chosen runs, or all, stand in the window. */
export const tokensOf = (entries) => entries.reduce((sum, { tokens = 0 }) => sum + tokens, 0);

/**
 * `store` holds `{threadId, found, phase, error}`: `found` is the window as the server told it, `phase` is "idle", "ready" or
 * "failed". What was found last is kept while it is read again.
 */
export class ModelsView {
  #workspace;
  #timer = 0;
  #asked = 0;

  constructor(workspace) {
    this.#workspace = workspace;
    this.store = new Store({ threadId: null, found: null, phase: "idle", error: null });
  }

  /** Looks at the window of a session's conversation soon: several changes at once are one look. `agent` is picked for the next message. */
  readSoon(session, { agent } = {}) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.read(session, { agent }), PAUSE);
  }

  async read({ threadId }, { agent } = {}) {
    this.#asked += 1;
    const asked = this.#asked;
    if (this.store.value.threadId !== threadId) this.store.set({ threadId, found: null, phase: "idle", error: null });
    try {
      const found = await api.context(threadId, { agent });
      if (asked === this.#asked) this.store.patch({ found, phase: "ready", error: null });
    } catch (error) {
      if (asked === this.#asked) this.store.patch({ phase: "failed", error });
    }
  }

  /** The runs of a session's branch that have ended, as far as they are known: `[{id, number}]`, by number. */
  endedRuns(session) {
    if (!session) return [];
    const { threadId, found } = this.store.value;
    const listed = threadId === session.threadId ? (found?.entries ?? []) : [];
    const state = session.state.value;
    const drawn = branch(state).filter((run) => isTerminal(run) && !summarizingIn(state.steps[run.id] ?? []));
    const known = new Map([...listed.map(({ run_id: id, number }) => [id, number]), ...drawn.map(({ id, number }) => [id, number])]);
    return [...known].map(([id, number]) => ({ id, number })).sort((a, b) => a.number - b.number);
  }

  /** Leaves runs out of the model's view, or takes them back into it whole. */
  leaveOut = (runs) => this.#change(runs, { context: "excluded" }, "left out of what the model sees");
  takeBack = (runs) => this.#change(runs, { context: "full" }, "back in what the model sees");
  pin = (runs, pinned) => this.#workspace.attempt(() => this.#workspace.organizer.changeRuns(runs.map(({ id }) => id), { pinned }));

  /** Has a model write a summary of runs: that is a run of its own, in the queue like any other. Whether it was begun. */
  summarize(session, runs, instructions = "") {
    const key = crypto.randomUUID?.() ?? String(Math.random());
    const asked = { runs: runs.map(({ id }) => id), key, ...(instructions && { instructions }) };
    return this.#workspace.attempt(async () => {
      const run = await api.summarizeRuns(session.threadId, asked);
      session.apply({ type: "page", runs: [run] });
      this.#workspace.toast("A summary is being written.");
    });
  }

  /** Has a summary written anew, by a run of its own. */
  renew = (session, { id }) =>
    this.#workspace.attempt(async () => {
      await renewSummary(session, id);
      this.#workspace.toast("The summary is being written anew.");
    });

  /** Takes a summary back: its runs are whole again. */
  dissolve = (session, { id, runs }) =>
    this.#workspace.attempt(async () => {
      await takeBackSummary(session, id);
      const again = () => this.summarize(session, runs.map((run) => ({ id: run })));
      this.#workspace.toast("The summary was taken back: its runs are whole again.", { action: { label: "Summarise again", run: again } });
    });

  /** Deletes what was made to fit the window: it is made anew when it is needed. */
  forget = (session, { id }) =>
    this.#workspace.attempt(async () => {
      await takeBackSummary(session, id);
      await this.read(session);
    });

  async #change(runs, fields, what) {
    const done = await this.#workspace.attempt(() => this.#workspace.organizer.changeRuns(runs.map(({ id }) => id), fields));
    if (done) this.#workspace.announce(runs.length === 1 ? `The run is ${what}.` : `${runs.length} runs are ${what}.`);
    return done;
  }
}
