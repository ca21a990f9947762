// The list of conversations: pages from REST, kept in step by the summaries' socket.
import { api } from "../net/api.js";
import { LiveSocket } from "../net/live-socket.js";
import { Store } from "./store.js";

/** `store` holds `{threads: id → summary, query, archived, next, phase: "loading" | "ready" | "failed", error}`. */
export class ThreadList {
  #socket = null;
  #request = null;
  #news = null; // frames that come while the list is being read: what is read may be older

  constructor() {
    this.store = new Store({ threads: {}, query: "", archived: false, next: null, phase: "loading", error: null });
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
    this.#request = request;
    this.#news = [];
    const { query, archived } = this.store.value;
    try {
      const page = await api.threads({ q: query, archived: archived || undefined, signal: request.signal });
      this.store.patch({ threads: index(page.results), next: page.next, phase: "ready", error: null });
      this.#news.forEach((frame) => this.#apply(frame));
      this.#news = null;
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
      this.store.patch({ threads: { ...this.store.value.threads, ...index(page.results) }, next: page.next });
    } catch (error) {
      this.store.patch({ next, phase: "failed", error });
    }
  }

  /** A thread was made or changed, here or elsewhere. */
  put(thread) {
    const { threads, archived, query } = this.store.value;
    const known = threads[thread.id];
    const merged = { ...known, ...thread };
    if (Boolean(merged.archived) !== archived || (!known && query)) return this.drop(thread.id);
    this.store.patch({ threads: { ...threads, [thread.id]: merged } });
  }

  drop(id) {
    const { [id]: _dropped, ...threads } = this.store.value.threads;
    this.store.patch({ threads });
  }

  #receive(frame) {
    if (frame.type !== "thread") return;
    this.#news?.push(frame);
    this.#apply(frame);
  }

  #apply(frame) {
    const { thread, deleted, running, waiting, unread } = frame;
    if (deleted) this.drop(thread.id);
    else this.put({ ...thread, running, waiting, unread });
  }

  /** What changed before the socket was there, and while it was away, is read again. */
  #connectionIs(state) {
    if (state === "live") this.refresh();
  }
}

/** What a conversation is called: by its title, else by how it begins. */
export const titleOf = (thread) => thread?.title || thread?.excerpt || "New conversation";

const index = (threads) => Object.fromEntries(threads.map((thread) => [thread.id, thread]));

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
  const newestFirst = Object.values(threads).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
  for (const thread of newestFirst) {
    const age = ages.find(([, since]) => Date.parse(thread.updated_at ?? now) >= since)[0];
    named.get(thread.pinned ? "Pinned" : age).push(thread);
  }
  return [...named].filter(([, list]) => list.length).map(([name, list]) => ({ name, threads: list }));
}
