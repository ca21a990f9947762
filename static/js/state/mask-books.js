// What the tokens of anonymous threads stand for, for threads that are listed and not open: read one by one, when a name needs it.
import { api } from "../net/api.js";
import { hasToken, segmentsOf } from "./masks.js";
import { Store } from "./store.js";

const MOST_PAGES = 50;
const NONE = Object.freeze({});

/** All masks of a thread. */
export async function allMasks(threadId) {
  let page = await api.masks(threadId);
  const masks = [...page.results];
  for (let pages = 1; page.next && pages < MOST_PAGES; pages += 1) {
    page = await api.page(page.next);
    masks.push(...page.results);
  }
  return masks;
}

/** `store` holds thread id → token → mask. */
export class MaskBooks {
  #asked = new Set();
  #reading = Promise.resolve();

  constructor() {
    this.store = new Store({});
  }

  /** The masks of a thread that are known so far. */
  of(threadId) {
    return this.store.value[threadId] ?? NONE;
  }

  /** A text of a thread is shown: what its tokens stand for is read, where it is not known. Each text is asked for once. */
  want(threadId, text) {
    const question = `${threadId} ${text}`;
    const isUnknown = ({ text: piece, token }) => !token && hasToken(piece);
    if (this.#asked.has(question) || !segmentsOf(text, this.of(threadId)).some(isUnknown)) return;
    this.#asked.add(question);
    this.#reading = this.#reading.then(() => this.#read(threadId, question));
  }

  async #read(threadId, question) {
    try {
      const masks = await allMasks(threadId);
      this.store.patch({ [threadId]: Object.fromEntries(masks.map((mask) => [mask.token, mask])) });
    } catch {
      this.#asked.delete(question); // the labels stay, until it is shown again
    }
  }
}
