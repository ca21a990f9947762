// Everything the page does: which thread is open, what is said in it, and what happens to threads and runs.
import { api, ApiError } from "../net/api.js";
import { emptyCatalogue } from "./catalogue.js";
import { codePoints } from "./code-points.js";
import { ComposerState } from "./composer-state.js";
import { NEW_THREAD, outbox } from "./storage.js";
import { Store } from "./store.js";
import { ThreadList } from "./thread-list.js";
import { ThreadSession } from "./thread-session.js";
import { isTerminal } from "./thread-state.js";
import { branch } from "./thread-view.js";

const TOAST_TIME = 6000; // ms

export class Workspace {
  #creating = null;

  constructor({ user, limits }) {
    this.user = user;
    this.limits = limits;
    this.list = new ThreadList();
    this.catalogue = new Store(emptyCatalogue);
    this.session = new Store(null); // ThreadSession, or null on the page of a new thread
    this.choice = new Store({}); // {agent, model} for the new thread
    this.surface = new Store({ dialog: null, drawer: false, toasts: [], announcement: "" });
    this.composer = new ComposerState({ threadId: NEW_THREAD, limits, upload: (file) => this.#upload(file) });
  }

  async start(threadId) {
    addEventListener("popstate", () => this.#show(threadIdOf(location.pathname)));
    this.list.start();
    this.#show(threadId);
    await this.loadCatalogue();
  }

  async loadCatalogue() {
    const [agents, models, settings] = await Promise.allSettled([api.agents(), api.models(), api.chatSettings()]);
    const listOf = ({ value }) => value?.results ?? [];
    this.catalogue.set({
      agents: listOf(agents),
      models: listOf(models),
      settings: settings.value ?? {},
      loaded: true,
    });
    const failed = [agents, models].find(({ status }) => status === "rejected");
    if (failed) this.#tell(failed.reason);
  }

  // --- threads ---

  openThread(threadId) {
    if (this.session.value?.threadId === threadId) return this.surface.patch({ drawer: false });
    history.pushState(null, "", threadId ? `/threads/${threadId}/` : "/");
    this.#show(threadId);
  }

  newThread() {
    this.openThread(null);
    this.focusComposer();
  }

  async changeThread(id, fields) {
    try {
      const thread = await api.updateThread(id, fields);
      this.list.put(thread);
      const session = this.session.value;
      if (session?.threadId === id) session.apply({ type: "page", thread: { ...fields, ...thread } });
    } catch (error) {
      this.#tell(error);
    }
  }

  async deleteThread(id) {
    try {
      await api.deleteThread(id);
    } catch (error) {
      if (error.status !== 404) return this.#tell(error);
    }
    this.list.drop(id);
    if (this.session.value?.threadId === id) this.newThread();
    this.toast("The conversation was deleted.");
  }

  /** Who answers the next message: a property of the thread, so that other tabs and the next visit agree. */
  choose(fields) {
    const session = this.session.value;
    if (!session) return this.choice.patch(fields);
    session.apply({ type: "page", thread: { id: session.threadId, ...fields } });
    return this.changeThread(session.threadId, fields);
  }

  /** What was chosen for the open thread, as opposed to defaults: only that is sent along. */
  chosen() {
    const { agent, model } = this.session.value?.state.value.thread ?? this.choice.value;
    return { agent: agent || undefined, model: model || undefined };
  }

  // --- messages and runs ---

  /** Sends what is in the composer. What cannot be sent stays there, with the reason beside it. */
  async send() {
    const { text, images, uploads } = this.composer.store.value;
    if (uploads.length) return this.composer.fail({ message: "An image is still being uploaded. One moment." });
    if (!text.trim() && images.length === 0) return undefined;
    if (codePoints(text) > this.limits.message_chars) {
      const most = this.limits.message_chars.toLocaleString();
      return this.composer.fail({
        message: `The message is longer than ${most} characters. Shorten it, or send it in parts.`,
      });
    }
    const message = { ...this.composer.take(), ...this.chosen() };
    try {
      await this.#ensureThread();
    } catch (error) {
      return this.composer.restore(message, error);
    }
    this.session.value.send(message);
    return this.composer.flush();
  }

  cancel = (run) => this.#act(() => api.cancelRun(run.id));
  retry = (run) => this.#act(() => api.retryRun(run.id));
  rerun = (run) => this.#act(() => api.rerunRun(run.id));

  /** Stops what is being answered in the open thread, if anything is. */
  stop() {
    const session = this.session.value;
    const run = session && branch(session.state.value).find((one) => !isTerminal(one));
    if (run) this.cancel(run);
  }

  // --- surface ---

  dialog(name, detail = null) {
    this.surface.patch({ dialog: name && { name, detail }, drawer: false });
  }

  toast(message, { kind = "note" } = {}) {
    const toast = { id: Math.random(), message, kind };
    this.surface.patch({ toasts: [...this.surface.value.toasts, toast] });
    setTimeout(() => this.dismiss(toast.id), TOAST_TIME);
  }

  dismiss(id) {
    this.surface.patch({ toasts: this.surface.value.toasts.filter((toast) => toast.id !== id) });
  }

  /** Says something to a screen reader, politely. */
  announce(announcement) {
    this.surface.patch({ announcement });
  }

  focusComposer() {
    requestAnimationFrame(() => document.getElementById("composer-text")?.focus());
  }

  // --- inside ---

  #show(threadId) {
    this.session.value?.close();
    this.composer.open(threadId ?? NEW_THREAD);
    this.session.set(threadId ? this.#openSession(threadId) : null);
    this.surface.patch({ drawer: false, dialog: null });
  }

  #openSession(threadId) {
    const session = new ThreadSession(threadId, {
      onRejected: (entry, error) => this.#returned(threadId, entry, error),
    });
    session.open();
    return session;
  }

  #returned(threadId, entry, error) {
    if (this.composer.threadId === threadId) this.composer.restore(entry, error);
    else outbox.save(threadId, [...outbox.load(threadId), entry]);
  }

  /** The open thread's id; a new thread is made when there is none. Concurrent callers get the same one. */
  async #ensureThread() {
    if (this.session.value) return this.session.value.threadId;
    this.#creating ??= this.#createThread().finally(() => {
      this.#creating = null;
    });
    return this.#creating;
  }

  async #createThread() {
    const thread = await api.createThread(this.chosen());
    this.list.put(thread);
    this.composer.adopt(thread.id);
    this.choice.set({});
    history.pushState(null, "", `/threads/${thread.id}/`);
    this.session.set(this.#openSession(thread.id));
    return thread.id;
  }

  async #upload(file) {
    const threadId = await this.#ensureThread();
    return { threadId, image: await api.uploadImage(threadId, file) };
  }

  async #act(request) {
    try {
      await request();
    } catch (error) {
      this.#tell(error);
    }
  }

  #tell(error) {
    if (!(error instanceof ApiError)) throw error;
    this.toast(error.message, { kind: "error" });
  }
}

/** The thread that an address shows, or `null`. */
export const threadIdOf = (path) => /^\/threads\/([0-9a-f-]+)\/?$/.exec(path)?.[1] ?? null;
