// What is read of a thread, page by page: the newest of its branch, what is older, what is newer, another branch, a run in the
// middle of one. All of it goes into the thread's state; what is drawn is one stretch without a hole.
import { api } from "../net/api.js";
import { pathTo } from "./branches.js";

const MOST_MESSAGE_PAGES = 5; // of one run that stands on no branch
const MOST_PAGES = 8; // until what is looked for has to be there
const MAP_AGE = 30_000; // ms that the map is believed in: runs come and go
const RUNS_AHEAD = 8; // that are read behind a run that is gone to

/** `read()` is the thread's state, `apply(frame)` changes it, `tell({older, newer})` says what there is beyond what is drawn. */
export class ThreadPages {
  #older = null; // the address of the page before what is drawn
  #path = null; // the ids of the whole branch, where a run in the middle of it is drawn
  #map = null; // the map of all branches, as it was read last
  #alone = new Map(); // run id → the promise of having read it
  #reading = 0;

  constructor({ threadId, read, apply, tell }) {
    Object.assign(this, { threadId, read, apply, tell });
  }

  /**
   * Reads the end of the branch that is shown, or, with `run`, the part of it that holds this run; `thread` is newer than what
   * is known of it. Whether it was drawn: it is not when the run is on another branch, which `isOn` says it is not.
   */
  async open({ thread, run, isOn = false, lastSeq } = {}) {
    this.#reading += 1;
    const reading = this.#reading;
    const { head } = thread ?? this.read().thread;
    const isFar = run && run !== head;
    const [end, around] = await Promise.all([
      api.messages(this.threadId, { run: head }),
      isFar && isOn && api.messages(this.threadId, { run }),
    ]);
    let [pages, path, until] = [[end], null, null];
    if (isFar && !end.runs.some(({ id }) => id === run)) {
      if (around) [pages, until] = [[around], run];
      else {
        path = await this.#readPath(head, run);
        if (!path.includes(run)) return false;
        const last = ahead(path, run);
        pages = await this.#backTo(run, last);
        until = last === head ? null : last;
      }
    }
    if (reading !== this.#reading) return true; // what was asked for later is drawn
    this.#path = path;
    this.#draw(pages, { thread, lastSeq, until });
    return true;
  }

  /** Reads the page before what is drawn. */
  async older() {
    const reading = this.#reading;
    const page = await api.page(this.#older);
    if (reading !== this.#reading) return;
    const { until } = this.read().view;
    this.#older = page.next;
    this.apply({ ...told([page]), view: { from: page.next ? page.runs[0]?.id : null, until } });
    this.tell({ older: page.next ? "some" : "none" });
  }

  /** Reads what stands behind what is drawn, where that is not the end of the branch. */
  async newer() {
    const { from, until } = this.read().view;
    if (!until) return;
    const reading = this.#reading;
    const path = this.#path ?? (await this.#readPath(this.read().thread.head, until));
    const next = ahead(path, until);
    const pages = await this.#backTo(until, next);
    if (reading !== this.#reading) return;
    this.#path = path;
    const isEnd = next === path.at(-1);
    this.apply({ ...told(pages), view: { from, until: isEnd ? null : next } });
    this.tell({ newer: isEnd ? "none" : "some" });
  }

  /** Reads a run that stands on no branch that is drawn, with what was said in it. Each is read once. */
  alone(runId) {
    if (!this.#alone.has(runId)) {
      const reading = this.#readAlone(runId);
      this.#alone.set(runId, reading);
      reading.catch(() => this.#alone.delete(runId));
    }
    return this.#alone.get(runId);
  }

  /** The map of all branches, `{head, runs}` as the server tells it. */
  async readMap() {
    const map = await api.branches(this.threadId);
    this.#map = { ...map, until: Date.now() + MAP_AGE };
    return map;
  }

  /** The ids of the branch that ends with a head, oldest first, by the map that was read just now, if it knows both runs. */
  async #readPath(head, run) {
    const isFresh = this.#map?.until > Date.now();
    const isKnown = isFresh && [head, run].every((wanted) => this.#map.runs.some(({ id }) => id === wanted));
    const { runs } = isKnown ? this.#map : await this.readMap();
    const known = Object.fromEntries(runs.map((one) => [one.id, one]));
    return pathTo({ runs: known }, head).map(({ id }) => id);
  }

  /** The pages of a branch from a run back to an earlier one, newest first. */
  async #backTo(first, last) {
    const pages = [await api.messages(this.threadId, { run: last })];
    // A page that ends within the run has not all of it.
    const reached = ({ runs }) => runs.findIndex(({ id }) => id === first) > 0;
    while (pages.length < MOST_PAGES && pages.at(-1).next && !reached(pages.at(-1))) pages.push(await api.page(pages.at(-1).next));
    return pages;
  }

  #draw(pages, { thread, lastSeq, until = null }) {
    const runs = runsIn(pages);
    this.#older = pages.at(-1).next;
    this.apply({
      ...told(pages),
      thread,
      lastSeq,
      view: { from: this.#older ? (runs[0]?.id ?? null) : null, until },
    });
    this.tell({ older: this.#older ? "some" : "none", newer: until ? "some" : "none" });
  }

  async #readAlone(runId) {
    let [run, page] = await Promise.all([api.run(runId), api.messages(this.threadId, { run: runId })]);
    for (let pages = 1; ; pages += 1) {
      const { results, steps, tools } = page;
      const isOwn = ({ run_id }) => run_id === runId;
      const own = { messages: results.filter(isOwn), steps: steps.filter(isOwn), tools: tools.filter(isOwn) };
      this.apply({ type: "page", runs: [run], ...own });
      // A delegated run stands alone; a run of a branch has others before it.
      if (!page.next || pages === MOST_MESSAGE_PAGES || page.runs[0]?.id !== runId) return;
      page = await api.page(page.next);
    }
  }
}

/** The runs of pages, oldest first, each once. */
const runsIn = (pages) => [...new Map(pages.toReversed().flatMap(({ runs }) => runs).map((run) => [run.id, run])).values()];

const told = (pages) => ({
  type: "page",
  runs: runsIn(pages),
  messages: pages.flatMap(({ results }) => results),
  steps: pages.flatMap(({ steps }) => steps),
  tools: pages.flatMap(({ tools }) => tools),
  siblings: Object.assign({}, ...pages.map(({ siblings }) => siblings)),
});

/** The run that stands as many places behind a run as are read at once, or the last one. */
const ahead = (path, run) => path[Math.min(path.indexOf(run) + RUNS_AHEAD, path.length - 1)];
