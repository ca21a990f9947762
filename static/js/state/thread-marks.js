// What goes on in a conversation, as one mark: what asks for the person first.

export const MARKS = {
  waiting: { label: "waits for you", title: "Waits for you" },
  failed: { label: "failed", title: "The last answer failed" },
  running: { label: "answering", title: "Answering" },
  unread: { label: "unread", title: "Unread" },
};

const NAMES = Object.keys(MARKS);

/** The mark of a thread, or of the threads in a closed folder: a name of `MARKS`, or `null`. What is being read is not unread. */
export function markOf(threads, current = null) {
  const isMarked = (thread, name) => thread[name] && !(thread.id === current && (name === "unread" || name === "failed"));
  return NAMES.find((name) => threads.some((thread) => isMarked(thread, name))) ?? null;
}

/** The marks of all threads (id → `{waiting, failed, running, unread}`) with those of one; a thread without any is left out. */
export function withMark(marks, thread) {
  const own = Object.fromEntries(NAMES.filter((name) => thread[name]).map((name) => [name, true]));
  const { [thread.id]: _before, ...others } = marks;
  return Object.keys(own).length ? { ...others, [thread.id]: own } : others;
}

/** In how many threads something waits for the person or was not read. What is still being said is not there to be read. */
export const wanting = (marks) =>
  Object.values(marks).filter(({ waiting, failed, running, unread }) => waiting || failed || (unread && !running)).length;
