// Which runs are folded to one line, and which of those that were asked at once was kept: as this browser remembers it.
import { folds, keptBatches } from "./storage.js";
import { Store, useStore } from "./store.js";

/** Something about things of a thread that is so or is not; `memory` keeps the ids of those of which it is. */
class Marks {
  #store = new Store({}); // thread id → {id: true}

  constructor(memory) {
    this.memory = memory;
  }

  of(threadId) {
    return this.#store.value[threadId] ?? this.#loaded(threadId);
  }

  set(threadId, id, on) {
    const { [id]: _before, ...rest } = this.of(threadId);
    const marked = on ? { ...rest, [id]: true } : rest;
    this.#store.patch({ [threadId]: marked });
    this.memory.save(threadId, Object.keys(marked));
  }

  /** Those of a thread: `{id: true}`. */
  use(threadId) {
    return useStore(this.#store, () => this.of(threadId));
  }

  #loaded(threadId) {
    const marked = Object.fromEntries(this.memory.load(threadId).map((id) => [id, true]));
    this.#store.value[threadId] = marked; // nobody is told: nothing has changed
    return marked;
  }
}

export const foldedRuns = new Marks(folds);
export const kept = new Marks(keptBatches);
