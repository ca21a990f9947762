// What this browser keeps between page loads. Storage may be full or blocked: then it is simply not kept.

const PREFIX = "coday.";

function read(key, fallback) {
  try {
    const stored = localStorage.getItem(PREFIX + key);
    return stored === null ? fallback : JSON.parse(stored);
  } catch {
    return fallback;
  }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(PREFIX + key);
    else localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Nothing depends on it in this page's life.
  }
}

/** A thread's id, or this, for the thread that does not exist yet. */
export const NEW_THREAD = "new";

/** @typedef {{text: string, images: {id: string, url: string, name: string}[]}} Draft */
export const emptyDraft = Object.freeze({ text: "", images: [] });
const isEmpty = (draft) => !draft.text && draft.images.length === 0;

export const drafts = {
  load: (threadId) => ({ ...emptyDraft, ...read(`draft.${threadId}`, {}) }),
  save: (threadId, draft) => write(`draft.${threadId}`, isEmpty(draft) ? null : draft),
};

/** Messages that were sent and are not yet acknowledged: they are sent again, with the same key, after a reload. */
export const outbox = {
  load: (threadId) => read(`outbox.${threadId}`, []),
  save: (threadId, entries) => write(`outbox.${threadId}`, entries.length ? entries : null),
};

export const theme = {
  /** "light", "dark" or "system". */
  get: () => {
    try {
      return localStorage.getItem(`${PREFIX}theme`) ?? "system";
    } catch {
      return "system";
    }
  },
  set: (choice) => {
    try {
      if (choice === "system") localStorage.removeItem(`${PREFIX}theme`);
      else localStorage.setItem(`${PREFIX}theme`, choice);
    } catch {
      // It holds until the page is left.
    }
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  },
};
