// What goes on after its run: reminders and jobs, of one call of the transcript, or of all conversations.
import { api } from "../net/api.js";
import { Store } from "./store.js";

/** What operations are listed by: a status, or "" for what goes on and, below that, what has ended. */
export const STATUSES = Object.freeze(["", "in_progress", "succeeded", "failed", "timed_out", "cancelled"]);

const NOTHING = Object.freeze({ results: [], next: null });
const PAUSE = 400; // ms from a sign that something may have changed until the list is read again

export const goesOn = ({ status }) => status === "in_progress";

/**
 * `page` holds the list: `{status, open, ended, phase, error}`, where `open` is what goes on and `ended` the rest, each
 * `{results, next}` (`next` is the address of the next page, or `null`), and `phase` is "idle", "loading", "ready", "more" or "failed".
 * `known` holds each operation that was read, by its id.
 */
export class Operations {
  #workspace;
  #timer = 0;
  #asked = new Set(); // operations of calls that were read, or are being read

  constructor(workspace) {
    this.#workspace = workspace;
    this.page = new Store({ status: "", open: NOTHING, ended: NOTHING, phase: "idle", error: null });
    this.known = new Store({});
  }

  /** Lists those of a status, or all ("") from their beginning. */
  async show(status = this.page.value.status) {
    const isOther = status !== this.page.value.status;
    this.page.patch({ status, phase: "loading", ...(isOther && { open: NOTHING, ended: NOTHING }) });
    try {
      const [open, ended] = await Promise.all([
        ["", "in_progress"].includes(status) ? api.operations({ status: "in_progress" }) : NOTHING,
        status === "in_progress" ? NOTHING : api.operations({ status }),
      ]);
      if (this.page.value.status !== status) return; // another list is wanted meanwhile
      this.#take(open.results, ended.results);
      this.page.patch({ open: listOf(open), ended: endedOf(ended), phase: "ready", error: null });
    } catch (error) {
      if (this.page.value.status === status) this.page.patch({ phase: "failed", error });
    }
  }

  /** Reads on in one of the two lists, "open" or "ended". */
  async more(name) {
    const { [name]: list, status } = this.page.value;
    this.page.patch({ phase: "more" });
    await this.#workspace.attempt(async () => {
      const found = await api.page(list.next);
      if (this.page.value.status !== status) return;
      this.#take(found.results);
      const { results, next } = name === "ended" ? endedOf(found) : listOf(found);
      this.page.patch({ [name]: { results: [...list.results, ...results], next } });
    });
    if (this.page.value.phase === "more") this.page.patch({ phase: "ready" });
  }

  /** Reads the list again soon: several signs at once are one reading. */
  refreshSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.show(), PAUSE);
  }

  /** Forgets what `refreshSoon` was asked for: nobody looks any more. */
  rest() {
    clearTimeout(this.#timer);
  }

  /** An operation of a conversation is shown: until when it goes on, and what brought its end, is read once. */
  async want({ threadId, id }) {
    if (this.#asked.has(id) || this.known.value[id]) return;
    this.#asked.add(id);
    try {
      this.#take((await api.operations({ thread: threadId })).results);
    } catch {
      this.#asked.delete(id); // its call is shown without it
    }
  }

  /** Wants no result of it any more. What is refused is told. */
  async cancel(id) {
    const done = await this.#workspace.attempt(async () => this.#take([await api.cancelOperation(id)]));
    if (done) this.#workspace.announce("It is not waited for any more.");
    if (this.page.value.phase !== "idle") await this.show();
  }

  #take(...lists) {
    const read = Object.fromEntries(lists.flat().map((operation) => [operation.id, operation]));
    this.known.patch(read);
  }
}

const listOf = ({ results, next }) => ({ results, next });

/** What goes on stands in a list of its own. */
const endedOf = ({ results, next }) => ({ results: results.filter((operation) => !goesOn(operation)), next });

/** When something will happen to what goes on: `{at, is}`, where `is` is "due" (a timer) or "late" (it is given up then). */
export const horizonOf = ({ due_at, deadline_at }) => (due_at ? { at: due_at, is: "due" } : { at: deadline_at, is: "late" });
