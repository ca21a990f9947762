// The list of conversations: pages from REST, kept in step by the summaries' socket.
import { api } from "../net/api.js";
import { LiveSocket } from "../net/live-socket.js";
import { Store } from "./store.js";
import { withMark } from "./thread-marks.js";

/**
 * `store` holds `{threads: id → summary, query, archived, next, partial, folders, phase, error}`: `next` is the address of the
 * next page, `partial` whether there was more than the first one, `folders` says of each folder that was read by itself where
 * it goes on (`null`: it is all there), phase is "loading", "ready" or "failed". `marks` holds what goes on in threads, whether
 * they are listed or not: see thread-marks.js. `known` are the person's folders (folders.js).
 */
export class ThreadList {
  #socket = null;
  #request = null;
  #news = null; // frames that come while the list is being read: what is read may be older

  #heed;

  /** `heed(marks, threads)` hears of each summary that comes, at once, also in a hidden tab: with the marks before it. */
  constructor({ folders, heed = () => {} }) {
    this.known = folders;
    this.#heed = heed;
    this.store = new Store({
      threads: {},
      query: "",
      archived: false,
      next: null,
      partial: false,
      folders: {},
      phase: "loading",
      error: null,
    });
    this.marks = new Store({});
  }

  start() {
    this.refresh();
    this.#socket = new LiveSocket({
      path: () => "/ws/threads/",
      onFrame: (frame) => this.#receive(frame),
      onState: (state) => this.#connectionIs(state),
    });
  }

  async refresh() {
    this.#request?.abort();
    const request = new AbortController();
    const { signal } = request;
    this.#request = request;
    this.#news = [];
    const { query, archived } = this.store.value;
    const foldersRead = this.#readFolders();
    try {
      const page = await api.threads({ q: query, archived: archived || undefined, signal });
      const { next, results } = page;
      const read = { next, partial: next !== null, folders: {} };
      this.store.patch({ threads: index(results), ...read, phase: "ready", error: null });
      this.#mark(page.results);
      this.#news.forEach((frame) => this.#apply(frame));
      this.#news = null;
      await foldersRead;
      if (!query && !archived) await this.#readByFolder(page.next, signal);
    } catch (error) {
      if (error.name === "AbortError") return; // a newer request is under way
      this.#news = null;
      this.store.patch({ phase: "failed", error });
    }
  }

  search(query) {
    this.store.patch({ query });
    return this.refresh();
  }

  showArchived(archived) {
    this.store.patch({ archived, threads: {}, phase: "loading" });
    return this.refresh();
  }

  async loadMore() {
    const { next } = this.store.value;
    if (!next) return;
    this.store.patch({ next: null });
    try {
      const page = await api.page(next);
      this.#add(page.results, { next: page.next });
    } catch (error) {
      this.store.patch({ next, phase: "failed", error });
    }
  }

  /** Reads a folder that was opened, or what comes next in it. */
  async loadFolder(id) {
    const { folders, partial } = this.store.value;
    const next = folders[id];
    if (next === null || (next === undefined && !partial)) return; // it is all there
    try {
      const page = await (next ? api.page(next) : api.threads({ folder: id }));
      this.#add(page.results, { folders: { ...this.store.value.folders, [id]: page.next } });
    } catch (error) {
      this.store.patch({ phase: "failed", error });
    }
  }

  /** A thread was made or changed, here or elsewhere: all of it, but perhaps for what goes on in it. */
  put(thread) {
    const { threads, archived, query } = this.store.value;
    const known = threads[thread.id];
    const { running, waiting, unread, failed } = known ?? {};
    const merged = { running, waiting, unread, failed, ...thread };
    this.#mark([merged]);
    if (Boolean(merged.archived) !== archived || (!known && query)) return this.#unlist(thread.id);
    if (thread.folder && !this.#isKnown(thread.folder)) this.#readFolders();
    this.store.patch({ threads: { ...threads, [thread.id]: merged } });
  }

  drop(id) {
    this.#mark([{ id }]);
    this.#unlist(id);
  }

  #unlist(id) {
    const { [id]: _dropped, ...threads } = this.store.value.threads;
    this.store.patch({ threads });
  }

  #mark(threads) {
    const before = this.marks.value;
    this.marks.set(threads.reduce(withMark, before));
    this.#heed(before, threads);
  }

  #add(threads, fields) {
    this.#mark(threads);
    this.store.patch({ threads: { ...this.store.value.threads, ...index(threads) }, ...fields });
  }

  #isKnown = (folder) => this.known.store.value.folders.some(({ id }) => id === folder);

  /** The list without folders is still a list. */
  async #readFolders() {
    try {
      await this.known.load();
    } catch (error) {
      if (error.name !== "ApiError") throw error;
    }
  }

  /** Where there is more than a page: what is in no folder page by page, and the open folders each by itself. */
  async #readByFolder(next, signal) {
    const { folders, open } = this.known.store.value;
    if (!next || folders.length === 0) return;
    const page = await api.threads({ folder: "none", signal });
    this.#add(page.results, { next: page.next });
    await Promise.all(folders.filter(({ id }) => open.has(id)).map(({ id }) => this.loadFolder(id)));
  }

  #receive(frame) {
    if (frame.type !== "thread") return;
    this.#news?.push(frame);
    this.#apply(frame);
  }

  #apply({ thread, deleted, running, waiting, unread, failed }) {
    if (deleted) this.drop(thread.id);
    else this.put({ ...thread, running, waiting, unread, failed });
  }

  /** What changed before the socket was there, and while it was away, is read again. */
  #connectionIs(state) {
    if (state === "live") this.refresh();
  }
}

/** What a conversation is called: by its title, else by how it begins. */
export const titleOf = (thread) => thread?.title || thread?.excerpt || "New conversation";

const index = (threads) => Object.fromEntries(threads.map((thread) => [thread.id, thread]));

const newestFirst = (a, b) => (a.updated_at < b.updated_at ? 1 : -1);
const pinnedFirst = (a, b) => Boolean(b.pinned) - Boolean(a.pinned) || newestFirst(a, b);

const DAY = 86_400_000;

/** The list as sections: pinned first, then by age, each newest first. */
export function sections(threads, now = Date.now()) {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const ages = [
    ["Today", midnight],
    ["Yesterday", midnight - DAY],
    ["Last seven days", midnight - 7 * DAY],
    ["Last thirty days", midnight - 30 * DAY],
    ["Earlier", -Infinity],
  ];
  const named = new Map([["Pinned", []], ...ages.map(([name]) => [name, []])]);
  for (const thread of Object.values(threads).sort(newestFirst)) {
    const age = ages.find(([, since]) => Date.parse(thread.updated_at ?? now) >= since)[0];
    named.get(thread.pinned ? "Pinned" : age).push(thread);
  }
  return [...named].filter(([, list]) => list.length).map(([name, list]) => ({ name, threads: list }));
}

/**
 * The list as it is drawn: `{folders: [{folder, threads}], sections}`. A folder that is not known (yet) is none. Where all
 * are one list, as in a search, pass no folders.
 */
export function arranged(threads, folders, now = Date.now()) {
  const filed = new Map(folders.map((folder) => [folder.id, []]));
  const loose = {};
  for (const thread of Object.values(threads)) {
    if (filed.has(thread.folder)) filed.get(thread.folder).push(thread);
    else loose[thread.id] = thread;
  }
  return {
    folders: folders.map((folder) => ({ folder, threads: filed.get(folder.id).sort(pinnedFirst) })),
    sections: sections(loose, now),
  };
}

/** The ids of what is in sight of such a list, from top to bottom. */
export const orderOf = ({ folders, sections: ages }, open) =>
  [...ages.filter(({ name }) => name === "Pinned"), ...folders.filter(({ folder }) => open.has(folder.id)), ...ages.filter(({ name }) => name !== "Pinned")]
    .flatMap(({ threads }) => threads.map(({ id }) => id));
