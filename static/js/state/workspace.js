// Everything the page does: which thread is open, what is said in it, and what happens to threads and runs.
import { api, ApiError } from "../net/api.js";
import { anonymityOf, askedFor } from "./anonymity.js";
import { emptyCatalogue } from "./catalogue.js";
import { readCatalogue } from "./catalogue-reading.js";
import { ComposerState } from "./composer-state.js";
import { ModelsView } from "./context.js";
import { Feedback } from "./feedback.js";
import { Folders } from "./folders.js";
import { MaskBooks } from "./mask-books.js";
import { Notifications } from "./notifications.js";
import { Operations } from "./operations.js";
import { Organizer } from "./organizer.js";
import { addressOfPage, pageAt } from "./pages.js";
import { Queue } from "./queue.js";
import { RunActions } from "./run-actions.js";
import { Schedules } from "./schedules.js";
import { addressOfSearch, filtersOf, Search } from "./search.js";
import { asModel, NEW_THREAD, outbox, outlineShown, sendKey, theme } from "./storage.js";
import { sendDraft } from "./sending.js";
import { Shares } from "./sharing.js";
import { Store } from "./store.js";
import { Tags } from "./tags.js";
import { Templates } from "./templates.js";
import { ThreadList } from "./thread-list.js";
import { ThreadSession } from "./thread-session.js";

const TOAST_TIME = 6000; // ms
const ACTION_TIME = 12_000;

export class Workspace {
  #creating = null;
  #loads = 0;
  #changes = 0; // of settings, that are under way
  #catalogueCame; // called once the catalogue was loaded, or could not be

  constructor({ user, limits, privacy = { policy: "off" }, sharing = { links: false, revealed: "nobody" } }) {
    this.user = user;
    this.limits = limits;
    this.policy = privacy.policy; // for new threads: are they anonymous? "off", "offered" or "always"
    this.sharing = sharing; // what the site allows: `{links, revealed}`, see sharing.js
    this.shares = new Shares();
    this.folders = new Folders();
    this.notifications = new Notifications(({ id, head }) => (head ? this.openRun(id, head) : this.openThread(id)));
    this.list = new ThreadList({ folders: this.folders, heed: (...news) => this.notifications.heed(...news) });
    this.tags = new Tags();
    this.search = new Search();
    this.books = new MaskBooks(); // what stands behind the tokens of threads that are listed
    this.asModel = new Store(asModel.get()); // whether anonymous threads are shown as the model sees them
    this.catalogue = new Store(emptyCatalogue);
    this.catalogueKnown = new Promise((resolve) => {
      this.#catalogueCame = resolve;
    });
    this.session = new Store(null); // ThreadSession, or null on the page of a new thread
    this.look = new Store(theme.get());
    this.choice = new Store({}); // {agent, model, anonymous} for the new thread
    this.surface = new Store({
      page: "conversation", // or one of pages.js
      dialog: null,
      drawer: false,
      outline: outlineShown.get() && hasRoomBeside(),
      toasts: [],
      announcement: "",
    });
    this.organizer = new Organizer({
      list: this.list,
      session: this.session,
      onRuns: (runs) => this.search.take(runs),
    });
    this.runs = new RunActions(this);
    this.operations = new Operations(this);
    this.feedback = new Feedback(this);
    this.view = new ModelsView(this);
    this.queue = new Queue(this);
    this.templates = new Templates(this);
    this.schedules = new Schedules();
    this.composer = new ComposerState({ threadId: NEW_THREAD, limits, upload: (file) => this.#upload(file) });
  }

  async start(threadId) {
    addEventListener("popstate", () => this.#showAddress(threadIdOf(location.pathname)));
    this.list.start();
    this.#showAddress(threadId);
    this.attempt(() => this.tags.load());
    await this.loadCatalogue();
  }

  async loadCatalogue() {
    this.#loads += 1;
    const load = this.#loads;
    const { catalogue, hasSettings, failed } = await readCatalogue();
    if (load !== this.#loads) return; // a newer one is under way
    this.catalogue.set(catalogue);
    this.#catalogueCame();
    if (hasSettings && this.#changes === 0) this.#heedSettings();
    if (failed) this.#tell(failed);
  }

  /** Skills were made, changed or removed. */
  async loadSkills() {
    const { results } = await api.skills();
    this.catalogue.patch({ skills: results });
  }

  // --- settings ---

  /** Changes the person's own settings; what holds then may come from them or from another layer. */
  async changeSettings(fields) {
    this.#changes += 1;
    try {
      await api.updateChatSettings(fields);
    } finally {
      this.#changes -= 1;
    }
    await this.loadCatalogue();
  }

  /** The look holds at once, here; the server keeps it for the person's other browsers. */
  async setTheme(choice) {
    this.#showTheme(choice);
    try {
      await this.changeSettings({ theme: choice });
    } catch (error) {
      this.#tell(error);
    }
  }

  /** What this browser keeps of the settings, so that the next page has them before it has asked. */
  #heedSettings() {
    const { effective } = this.catalogue.value;
    sendKey.set(effective.send_key?.value);
    const look = effective.theme;
    if (look && look.layer !== "default" && look.value !== theme.get()) this.#showTheme(look.value);
  }

  #showTheme(choice) {
    theme.set(choice);
    this.look.set(choice);
  }

  // --- threads ---

  openThread(threadId) {
    if (this.session.value?.threadId === threadId) return this.surface.patch({ drawer: false });
    history.pushState(null, "", threadId ? `/threads/${threadId}/` : "/");
    this.#show(threadId);
  }

  /** Shows a run: its conversation, the branch that holds it, and there the run itself. */
  openRun(threadId, runId) {
    const session = this.session.value;
    if (session?.threadId === threadId) {
      this.surface.patch({ drawer: false, dialog: null });
      return session.show(runId);
    }
    history.pushState(null, "", `/threads/${threadId}/?run=${runId}`);
    return this.#show(threadId, { run: runId });
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

  /** Deletes several at once, for good. */
  async deleteThreads(ids) {
    let gone = [];
    await this.attempt(async () => {
      gone = await this.organizer.deleteThreads(ids);
    });
    if (gone.includes(this.session.value?.threadId)) this.newThread();
    if (gone.length) this.toast(gone.length === 1 ? "The conversation was deleted." : `${gone.length} conversations were deleted.`);
  }

  /** Who answers the next message: a property of the thread, so that other tabs and the next visit agree. */
  choose(fields) {
    this.composer.pick({ agent: "" });
    const session = this.session.value;
    if (!session) return this.choice.patch(fields);
    session.apply({ type: "page", thread: { id: session.threadId, ...fields } });
    return this.changeThread(session.threadId, fields);
  }

  /** Whether the new thread is to be anonymous. One that exists stays what it is. */
  chooseAnonymous(anonymous) {
    this.choice.patch({ anonymous });
  }

  /** Shows anonymous threads as the model sees them, or with what its tokens stand for. */
  showAsModel(on) {
    asModel.set(on);
    this.asModel.set(on);
  }

  /** What was chosen for the open thread, as opposed to defaults: only that is sent along. */
  chosen() {
    const { agent, model } = this.session.value?.state.value.thread ?? this.choice.value;
    return { agent: agent || undefined, model: model || undefined };
  }

  /** Takes a skill back that is active in the open thread. */
  async takeBackSkill(slug) {
    const session = this.session.value;
    try {
      await api.takeBackSkill(session.threadId, slug);
    } catch (error) {
      return this.#tell(error);
    }
    const skills = (session.state.value.thread.skills ?? []).filter((one) => one !== slug);
    session.apply({ type: "page", thread: { id: session.threadId, skills } });
  }

  // --- other pages ---

  /** A page beside the conversations, by its name in pages.js. */
  openPage(page) {
    history.pushState(null, "", addressOfPage(page));
    this.#show(null, { page });
  }

  /** The page that finds runs; another search of it has its own place in the history. */
  openSearch(filters = {}) {
    history.pushState(null, "", addressOfSearch(filters));
    this.#showSearch();
  }

  /** Looks for something else on that page. */
  changeSearch(filters) {
    history.replaceState(null, "", addressOfSearch(filters));
    return this.search.look(filters);
  }

  // --- messages and runs ---

  /** Sends what is in the composer; `whenBusy` is "queue", "steer" or "interrupt". */
  send = (whenBusy = "queue") =>
    sendDraft({
      workspace: this,
      whenBusy,
      ensureThread: async () => {
        await this.#ensureThread();
        return this.session.value;
      },
      answersFromNowOn: (agent) => this.#answersFromNowOn(agent),
    });

  cancel = (run) => this.runs.cancel(run);
  retry = (run) => this.runs.retry(run);
  rerun = (run) => this.runs.rerun(run);
  stop = () => this.runs.stop();

  // --- surface ---

  /** Does what may be refused, and says so. Whether it was done. */
  async attempt(request) {
    try {
      await request();
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    }
  }

  showOutline(on) {
    outlineShown.set(on);
    this.surface.patch({ outline: on, drawer: false });
  }

  /** Opens a dialog, or closes what is open (`null`). `stay`: the list in the drawer stays behind it, for what is done next. */
  dialog(name, detail = null, { stay = false } = {}) {
    const { drawer } = this.surface.value;
    this.surface.patch({ dialog: name && { name, detail }, drawer: drawer && (stay || !name) });
  }

  /** A note that goes away by itself; `action` is a button in it, `{label, run}`. */
  toast(message, { kind = "note", action } = {}) {
    const toast = { id: Math.random(), message, kind, action };
    this.surface.patch({ toasts: [...this.surface.value.toasts, toast] });
    setTimeout(() => this.dismiss(toast.id), action ? ACTION_TIME : TOAST_TIME);
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

  #showAddress(threadId) {
    const page = pageAt(location.pathname);
    if (page === "search") this.#showSearch();
    else this.#show(threadId, { page, run: new URLSearchParams(location.search).get("run") ?? undefined });
  }

  #showSearch() {
    const filters = filtersOf(new URLSearchParams(location.search));
    this.#show(null, { page: "search" });
    const { filters: before, phase } = this.search.store.value;
    if (phase !== "ready" || addressOfSearch(before) !== addressOfSearch(filters)) this.search.look(filters);
  }

  #show(threadId, { page = "conversation", run } = {}) {
    this.session.value?.close();
    this.composer.open(threadId ?? NEW_THREAD);
    this.session.set(threadId ? this.#openSession(threadId, run) : null);
    this.surface.patch({ page, drawer: false, dialog: null });
  }

  /** The agent that was picked for a message: the server remembers it with the thread, and we do until it says so. */
  #answersFromNowOn(agent) {
    const session = this.session.value;
    if (session) session.apply({ type: "page", thread: { id: session.threadId, agent } });
    else this.choice.patch({ agent });
  }

  #openSession(threadId, run) {
    const session = new ThreadSession(threadId, {
      onRejected: (entry, error) => this.#returned(threadId, entry, error),
      onRefused: (error) => this.#tell(error),
    });
    session.open({ run });
    return session;
  }

  #returned(threadId, entry, error) {
    if (this.composer.threadId === threadId) this.composer.restore(entry.draft ?? entry, error);
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
    const choice = this.choice.value;
    const anonymity = anonymityOf({ policy: this.policy, catalogue: this.catalogue.value, choice });
    const thread = await api.createThread({ ...this.chosen(), ...askedFor(anonymity, choice) });
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

  #tell(error) {
    if (!(error instanceof ApiError)) throw error;
    this.toast(error.message, { kind: "error" });
  }
}

/** Whether the outline stands beside the conversation, and not before it. */
export const hasRoomBeside = () => matchMedia("(width > 75rem)").matches;

/** The thread that an address shows, or `null`. */
export const threadIdOf = (path) => /^\/threads\/([0-9a-f-]+)\/?$/.exec(path)?.[1] ?? null;
