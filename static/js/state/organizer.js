// What puts runs and threads in order, one or many at once: what the server answers is what is shown.
import { api } from "../net/api.js";

const AT_ONCE = 200; // ids of one request

/** `list` is the ThreadList, `session` the store of the open session, `onRuns` is told each run that has changed. */
export class Organizer {
  constructor({ list, session, onRuns }) {
    Object.assign(this, { list, session, onRuns });
  }

  /** Changes a run; rejects with what the server says against it. */
  async changeRun(id, fields) {
    this.#take([await api.updateRun(id, fields)]);
  }

  /** Changes runs (ids): `{add_tags, remove_tags, importance, pinned, group}`. */
  async changeRuns(ids, fields) {
    for (const runs of portions(ids)) this.#take((await api.changeRuns({ runs, ...fields })).runs);
  }

  /** Changes threads (ids): `{archived, pinned, folder, add_tags, remove_tags}`. */
  async changeThreads(ids, fields) {
    for (const threads of portions(ids)) {
      const changed = await api.changeThreads({ threads, ...fields });
      changed.threads.forEach((thread) => this.#takeThread(thread));
    }
  }

  /** Deletes threads (ids) for good. Returns the ids of those that are gone. */
  async deleteThreads(ids) {
    const gone = [];
    for (const threads of portions(ids)) {
      const { deleted } = await api.changeThreads({ threads, delete: true });
      deleted.forEach((id) => this.list.drop(id));
      gone.push(...deleted);
    }
    return gone;
  }

  #take(runs) {
    const session = this.session.value;
    const shown = runs.filter((run) => run.thread_id === session?.threadId);
    if (shown.length) session.apply({ type: "page", runs: shown });
    this.onRuns(runs);
  }

  #takeThread(thread) {
    this.list.put(thread);
    const session = this.session.value;
    if (session?.threadId === thread.id) session.apply({ type: "page", thread: { folder: null, ...thread } });
  }
}

/** Lists of at most as many ids as one request may name. */
export const portions = (ids) =>
  Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, index) => ids.slice(index * AT_ONCE, (index + 1) * AT_ONCE));
