// Notes of the browser: while the page is not seen, that something ended or waits. By the summaries of the list, so that it is
// told of conversations that are not open, too.
import { browserNotes } from "./storage.js";
import { Store } from "./store.js";
import { titleOf } from "./thread-list.js";

const WORDS = {
  waiting: "Waits for you",
  failed: "The answer failed",
  ended: "The answer is there",
};

/** What is new in a thread: a name of `WORDS`, or `null`. `before` are its marks as they were; what was not known is no news. */
export function newsOf(before, thread) {
  if (!before) return null;
  if (thread.waiting && !before.waiting) return "waiting";
  if (!before.running || thread.running || thread.waiting) return null;
  return thread.failed ? "failed" : "ended";
}

/** What a note says. It may lie on a locked screen: of an anonymous conversation, no word. */
export const noteOf = (news, thread) => ({
  title: thread.anonymous ? "An anonymous conversation" : titleOf(thread),
  body: WORDS[news],
});

/** Whether this browser can, and whether it may: "missing", "denied", "default" or "granted". */
export const permission = () => globalThis.Notification?.permission ?? "missing";

export class Notifications {
  #open;

  /** `open(thread)` is called when a note is clicked. */
  constructor(open) {
    this.#open = open;
    this.on = new Store(browserNotes.get());
  }

  /** Switches notes on or off, in this browser. On is asked for, and may be refused. */
  async choose(on) {
    const may = !on || permission() === "granted" || (await globalThis.Notification?.requestPermission()) === "granted";
    browserNotes.set(on && may);
    this.on.set(on && may);
  }

  /** Looks at summaries of threads that have come; `marks` are those of all threads as they were before. */
  heed(marks, threads) {
    if (!this.on.value || !document.hidden || permission() !== "granted") return;
    for (const thread of threads) {
      const news = newsOf(marks[thread.id], thread);
      if (news) this.#tell(noteOf(news, thread), thread);
    }
  }

  /** One note for each conversation: a newer one takes its place, also that of another window. */
  #tell({ title, body }, thread) {
    const note = new Notification(title, { body, tag: `coday-${thread.id}`, icon: "/favicon.ico" });
    note.onclick = () => {
      note.close();
      window.focus();
      this.#open(thread);
    };
  }
}
