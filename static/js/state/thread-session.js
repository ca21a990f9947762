// One open thread: loads its pages, keeps its socket, applies frames, sends what was written until it is acknowledged.
import { api } from "../net/api.js";
import { LiveSocket } from "../net/live-socket.js";
import { outbox } from "./storage.js";
import { Store } from "./store.js";
import { emptyThread, reduce } from "./thread-state.js";

const JOURNAL_PAGE = 100; // events
const MOST_RUN_PAGES = 5; // per page of messages: a branch may skip over many siblings

/**
 * `state` holds the thread (see thread-state.js), `status` what surrounds it:
 * `{phase, error, connection, older, sending}`: phase is "loading", "ready", "missing" or "failed"; connection is as in
 * live-socket.js; older is "unknown", "none", "some" or "loading"; sending are the messages that wait for their `ack`.
 * `onRejected(entry, error)` gets a message that the server did not accept.
 */
export class ThreadSession {
  #socket = null;
  #olderMessages = null;
  #olderRuns = null;
  #closed = false;
  #resyncing = false;

  constructor(threadId, { onRejected }) {
    this.threadId = threadId;
    this.onRejected = onRejected;
    this.state = new Store(emptyThread);
    this.status = new Store({
      phase: "loading",
      connection: "connecting",
      older: "unknown",
      sending: outbox.load(threadId),
    });
  }

  async open() {
    this.status.patch({ phase: "loading", error: null });
    try {
      // The thread first: its last_seq is then no newer than the pages, and the socket tells what came since.
      const thread = await api.thread(this.threadId);
      await this.#loadPage(api.messages(this.threadId), api.runs(this.threadId), { thread, lastSeq: thread.last_seq });
    } catch (error) {
      return this.#failed(error);
    }
    if (this.#closed) return;
    this.status.patch({ phase: "ready" });
    this.#connect();
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  /** Shows the next older page of messages above those that are there. */
  async loadOlder() {
    if (this.status.value.older !== "some") return;
    this.status.patch({ older: "loading" });
    try {
      await this.#loadPage(api.page(this.#olderMessages), null, {});
    } catch (error) {
      this.status.patch({ older: "some" });
      throw error;
    }
  }

  /** Reads what was said in runs beside the branch that is shown: the journal knows it, from its end back to their start. */
  async recall(runs) {
    const wanted = new Set(runs.map(({ id }) => id));
    const start = Math.min(...runs.map(({ created_at }) => Date.parse(created_at)));
    let after = this.state.value.lastSeq;
    let reached = Infinity;
    while (after > 0 && reached >= start) {
      after = Math.max(0, after - JOURNAL_PAGE);
      const { results } = await api.events(this.threadId, { after, limit: JOURNAL_PAGE });
      const told = results.filter(({ run_id }) => wanted.has(run_id));
      const messages = told.filter(({ type }) => type === "message").map(({ message }) => message);
      this.apply({ type: "page", messages, steps: told.filter(({ type }) => type === "step") });
      reached = Date.parse(results[0].timestamp);
    }
  }

  /** Sends a message: now, or as soon as the server can be reached. */
  send({ text, images, agent, model }) {
    const key = crypto.randomUUID?.() ?? `${Date.now()}-${Math.random().toString(36).slice(2)}`;
    const entry = { key, text, images, agent, model, created_at: new Date().toISOString() };
    this.#setSending([...this.status.value.sending, entry]);
    this.#transmit(entry);
  }

  /** Gives up a message that was not acknowledged yet. */
  withdraw(key) {
    this.#setSending(this.status.value.sending.filter((entry) => entry.key !== key));
  }

  apply(frame) {
    this.state.set(reduce(this.state.value, frame));
  }

  async #loadPage(messagesRequest, runsRequest, { thread, lastSeq }) {
    const [messages, firstRuns] = await Promise.all([messagesRequest, runsRequest]);
    if (this.#closed) return;
    const runs = firstRuns ? [...firstRuns.results] : [];
    if (firstRuns) this.#olderRuns = firstRuns.next;
    const wanted = new Set(messages.results.map((message) => message.run_id));
    const isMissing = () => {
      const known = new Set([...Object.keys(this.state.value.runs), ...runs.map((run) => run.id)]);
      return [...wanted].some((id) => !known.has(id));
    };
    for (let pages = 0; pages < MOST_RUN_PAGES && this.#olderRuns && isMissing(); pages += 1) {
      const page = await api.page(this.#olderRuns);
      runs.push(...page.results);
      this.#olderRuns = page.next;
    }
    if (this.#closed) return;
    this.#olderMessages = messages.next;
    this.apply({ type: "page", thread, runs, messages: messages.results, steps: messages.steps, lastSeq });
    this.status.patch({ older: messages.next ? "some" : "none" });
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
    if (this.state.value.gap && !this.#resyncing) {
      this.#resyncing = this.#socket.send({ type: "resync", ref: "resync", after: this.state.value.lastSeq });
    }
  }

  #transmit({ key, text, images, agent, model }) {
    const input = { type: "user", text, images: images.map((image) => image.id) };
    this.#socket?.send({ type: "run.create", ref: key, key, input, agent, model, when_busy: "queue" });
  }

  #acknowledged({ ref, run_id }) {
    const entry = this.status.value.sending.find(({ key }) => key === ref);
    if (!entry) return;
    const shown = Object.values(this.state.value.messages).some((message) => message.run_id === run_id);
    const rest = this.status.value.sending.filter((other) => other !== entry);
    this.#setSending(shown ? rest : [...rest, { ...entry, run_id }]);
  }

  #rejected({ ref, ...error }) {
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

  #setSending(sending) {
    this.status.patch({ sending });
    outbox.save(
      this.threadId,
      sending.filter((entry) => !entry.run_id),
    );
  }
}
