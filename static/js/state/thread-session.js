// One open thread: keeps its socket, applies frames, sends what was written until it is acknowledged.
import { api } from "../net/api.js";
import { LiveSocket } from "../net/live-socket.js";
import { allMasks } from "./mask-books.js";
import { outbox } from "./storage.js";
import { Store } from "./store.js";
import { ThreadPages } from "./thread-pages.js";
import { emptyThread, reduce } from "./thread-state.js";
import { activeRun, branch, stretch } from "./thread-view.js";

const UNREACHABLE = { code: "network", message: "The server cannot be reached. Your answer is still here: try again." };

/**
 * `state` holds the thread (see thread-state.js), `status` what surrounds it:
 * `{phase, error, connection, older, newer, sending}`: phase is "loading", "ready", "missing" or "failed"; connection is as in
 * live-socket.js; older and newer are "none", "some" or "loading", older is "unknown" at first; sending are the messages that
 * wait for their `ack`; arrival is the run that is to be brought into sight, `{runId, top?, focus?}`: held at `top` (px from
 * the window's) or marked, with the focus on what `focus` selects in it; edited is the id of the message that is being edited.
 * `onRejected(entry, error)` gets a message that the server did not accept, `onRefused(error)` why something cannot be shown.
 */
export class ThreadSession {
  #socket = null;
  #pages;
  #closed = false;
  #resyncing = false;
  #switching = 0; // ways to another branch that are under way
  #answers = new Map(); // ref → {resolve, reject}
  #openedAt = Infinity;

  constructor(threadId, { onRejected, onRefused }) {
    Object.assign(this, { threadId, onRejected, onRefused });
    this.state = new Store(emptyThread);
    this.status = new Store({
      phase: "loading",
      connection: "connecting",
      older: "unknown",
      newer: "none",
      arrival: null,
      edited: null,
      sending: outbox.load(threadId),
    });
    this.#pages = new ThreadPages({
      threadId,
      read: () => this.state.value,
      apply: (frame) => this.apply(frame),
      tell: (status) => this.status.patch(status),
    });
  }

  /** Reads the thread, so that its newest words are drawn; or a run of the branch that it shows. */
  async open({ run } = {}) {
    this.status.patch({ phase: "loading", error: null });
    try {
      // The thread first: its last_seq is then no newer than the pages, and the socket tells what came since.
      const thread = await api.thread(this.threadId);
      if (thread.anonymous) this.apply({ type: "masks", masks: await allMasks(this.threadId) });
      if (this.#closed) return;
      const lastSeq = thread.last_seq;
      if (!(await this.#pages.open({ thread, run, lastSeq }))) await this.#switchTo(run, { thread, lastSeq });
      this.#openedAt = thread.last_seq;
    } catch (error) {
      return this.#failed(error);
    }
    if (this.#closed) return;
    this.status.patch({ phase: "ready" });
    this.#connect();
    if (run) this.show(run);
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
    this.#giveUpAnswers();
  }

  /** Whether a frame tells what has happened since the thread was opened here. */
  isNews = ({ seq }) => seq > this.#openedAt;

  /** Shows the next older page of messages above those that are there. */
  loadOlder = () => this.#loadMore("older");

  /** Shows what comes after those that are there, where that is not the end of the branch. */
  loadNewer = () => this.#loadMore("newer");

  /** Shows the end of the branch. */
  async toNewest() {
    if (this.state.value.view.until) await this.#pages.open();
  }

  /**
   * Shows the branch that holds a run, for good and in all windows, and brings the run into sight; `arrival` says how, as in
   * `status`. `beside`: it is known to stand on another branch. What is refused is told.
   */
  async show(runId, { beside = false, ...arrival } = {}) {
    this.#switching += 1;
    try {
      const isDrawn = stretch(this.state.value).some(({ id }) => id === runId);
      if (!isDrawn && (beside || !(await this.#pages.open({ run: runId })))) await this.#switchTo(runId);
      this.status.patch({ arrival: { ...arrival, runId } });
    } catch (error) {
      this.onRefused(error);
    } finally {
      this.#switching -= 1;
    }
  }

  /** Reads the map of all branches: `{head, runs}` as the server tells it. */
  readMap = () => this.#pages.readMap();

  /** Reads a run that stands on no branch that is shown, with what was said in it: one of a batch, or a task handed on. */
  loadRun = (runId) => this.#pages.alone(runId);

  /**
   * Answers calls of a waiting run. `results` are as in the wire protocol's `run.input`. Rejects with `{code, message,
   * details}` when the server refuses, or cannot be reached.
   */
  answer(runId, results) {
    const ref = `answer-${crypto.randomUUID?.() ?? Math.random()}`;
    return new Promise((resolve, reject) => {
      this.#answers.set(ref, { resolve, reject });
      const frame = { type: "run.input", ref, run_id: runId, input: { type: "tool_result", results } };
      if (!this.#socket?.send(frame)) this.#giveUpAnswers();
    });
  }

  /**
   * Sends a message: now, or as soon as the server can be reached. `whenBusy` is "queue", "steer" or "interrupt"; the rest is
   * as in the wire protocol's `run.create`, but for `images`, which are objects.
   */
  send({ whenBusy = "queue", ...message }) {
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const into = whenBusy === "steer" ? activeRun(branch(this.state.value))?.id : undefined;
    const entry = { ...message, key, into, when_busy: whenBusy, created_at: new Date().toISOString() };
    this.#setSending([...this.status.value.sending, entry]);
    this.#transmit(entry);
    this.toNewest().catch(() => {}); // the message is shown; what is missing between is read when it is looked for
  }

  /** Gives up a message that was not acknowledged yet. */
  withdraw(key) {
    this.#setSending(this.status.value.sending.filter((entry) => entry.key !== key));
  }

  apply(frame) {
    this.state.set(reduce(this.state.value, frame));
  }

  /** Lets another branch be shown; one that is gone by now is not, and the one before it stays. */
  async #switchTo(run, { thread: before, lastSeq } = {}) {
    let thread = before;
    try {
      thread = await api.updateThread(this.threadId, { head: run });
    } catch (error) {
      this.onRefused(error);
      if (before) await this.#pages.open({ thread, lastSeq });
      return;
    }
    await this.#pages.open({ thread, run, isOn: true, lastSeq });
  }

  async #loadMore(way) {
    if (this.status.value[way] !== "some") return;
    this.status.patch({ [way]: "loading" });
    try {
      await this.#pages[way]();
    } finally {
      if (this.status.value[way] === "loading") this.status.patch({ [way]: "some" });
    }
  }

  /** Another window shows another branch now, of which something is missing here; or a removed run has come back. */
  #readWhatIsMissing({ type, run, changed }) {
    const { view, messages } = this.state.value;
    const isBack = type === "run" && changed?.includes("deleted_at") && !run.deleted_at;
    const isEmpty = isBack && !Object.values(messages).some(({ run_id }) => run_id === run.id);
    if ((!view.held && !isEmpty) || this.#switching) return;
    this.#switching += 1;
    this.#pages
      .open()
      .catch(() => {}) // the next frame asks again
      .finally(() => {
        this.#switching -= 1;
      });
  }

  #failed(error) {
    if (this.#closed) return;
    this.status.patch({ phase: error.status === 404 ? "missing" : "failed", error });
  }

  #connect() {
    this.#socket = new LiveSocket({
      path: () => `/ws/threads/${this.threadId}/?after=${this.state.value.lastSeq}`,
      onFrame: (frame) => this.#receive(frame),
      onState: (connection) => this.#connectionIs(connection),
      onRefused: () => this.#askWhy(),
    });
  }

  #connectionIs(connection) {
    if (connection === this.status.value.connection) return;
    this.status.patch({ connection });
    if (connection !== "live") this.#giveUpAnswers();
    if (connection === "gone") this.status.patch({ phase: "missing" });
  }

  /** A socket that is refused before it opens gives no reason; REST does. */
  async #askWhy() {
    try {
      await api.thread(this.threadId);
    } catch (error) {
      if (this.#closed || ![401, 403, 404].includes(error.status)) return;
      this.#socket.close();
      this.#connectionIs(error.status === 404 ? "gone" : "signed-out");
    }
  }

  #receive(frame) {
    if (frame.type === "ack") return this.#acknowledged(frame);
    if (frame.type === "error" && frame.ref) return this.#rejected(frame);
    this.apply(frame);
    if (frame.type === "session") {
      this.#resyncing = false;
      for (const entry of this.status.value.sending) if (!entry.run_id) this.#transmit(entry);
    }
    if (frame.type === "message" && frame.message.role === "user") this.#settle(frame.run_id ?? frame.message.run_id);
    if (frame.type === "step" && frame.kind === "steer") this.#joined(frame.details);
    this.#readWhatIsMissing(frame);
    if (this.state.value.gap && !this.#resyncing) {
      this.#resyncing = this.#socket.send({ type: "resync", ref: "resync", after: this.state.value.lastSeq });
    }
  }

  #transmit({ key, text, images, skill, commands, on_failure, agent, model, also, when_busy }) {
    const said = { type: "user", text, images: images.map((image) => image.id), skill: skill || undefined };
    const input = commands?.length ? { ...said, commands, on_failure } : said;
    const several = also?.length ? also : undefined;
    this.#socket?.send({ type: "run.create", ref: key, key, input, agent, model, also: several, when_busy });
  }

  /** Whether they have arrived shows when the connection is back: then their calls wait no longer. */
  #giveUpAnswers() {
    for (const { reject } of this.#answers.values()) reject(UNREACHABLE);
    this.#answers.clear();
  }

  #takeAnswer(ref) {
    const answer = this.#answers.get(ref);
    this.#answers.delete(ref);
    return answer;
  }

  #acknowledged({ ref, run_id }) {
    this.#takeAnswer(ref)?.resolve();
    const entry = this.status.value.sending.find(({ key }) => key === ref);
    if (!entry) return;
    // What joins a run is shown by its step; all else by the message of its own run.
    const isShown = run_id !== entry.into && Object.values(this.state.value.messages).some((message) => message.run_id === run_id);
    const rest = this.status.value.sending.filter((other) => other !== entry);
    this.#setSending(isShown ? rest : [...rest, { ...entry, run_id }]);
  }

  #rejected({ ref, ...error }) {
    this.#takeAnswer(ref)?.reject(error);
    const entry = this.status.value.sending.find(({ key }) => key === ref);
    if (!entry) return;
    this.withdraw(ref);
    this.onRejected(entry, error);
  }

  /** The message is in the transcript: the one that stood for it goes. */
  #settle(runId) {
    if (!this.status.value.sending.some((entry) => entry.run_id === runId)) return;
    this.#setSending(this.status.value.sending.filter((entry) => entry.run_id !== runId));
  }

  /** What was said to a running run is shown by its step. */
  #joined({ key }) {
    const rest = this.status.value.sending.filter((entry) => entry.key !== key);
    if (rest.length < this.status.value.sending.length) this.#setSending(rest);
  }

  #setSending(sending) {
    this.status.patch({ sending });
    outbox.save(
      this.threadId,
      sending.filter((entry) => !entry.run_id),
    );
  }
}
