// A value that tells its readers, at most once per animation frame, that it has changed.
import { useEffect, useState } from "../lib/preact.js";

/**
 * Writes are immediate and cheap; readers hear of them together in the next frame. A hidden tab has no frames, so nothing
 * piles up in it: the value moves on, and is drawn once when the tab is seen again.
 */
export class Store {
  #value;
  #readers = new Set();
  #scheduled = false;

  constructor(value) {
    this.#value = value;
  }

  get value() {
    return this.#value;
  }

  set(value) {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      for (const reader of [...this.#readers]) reader(this.#value);
    });
  }

  patch(fields) {
    this.set({ ...this.#value, ...fields });
  }

  subscribe(reader) {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }
}

/** A store of nothing, for where there may be none. */
export const nothing = new Store(null);

/** What `select` makes of a store's value; the component renders again when that is another value. */
export function useStore(store, select = (value) => value) {
  const selected = select(store.value);
  const [, redraw] = useState({});
  useEffect(() => {
    let last = select(store.value);
    if (!Object.is(last, selected)) redraw({});
    return store.subscribe((value) => {
      const next = select(value);
      if (Object.is(next, last)) return;
      last = next;
      redraw({});
    });
  }, [store]);
  return selected;
}
