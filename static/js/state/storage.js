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

/**
 * `agent` and `skill` are slugs of what was picked for this message, empty for none; `also` are those who are asked beside the
 * one that answers in the thread; `onFailure` is what becomes of the rest when a command fails.
 * @typedef {{text: string, images: {id: string, url: string, name: string}[], agent: string, skill: string,
 *   also: {agent?: string, model?: string}[], onFailure: "stop" | "continue"}} Draft
 */
export const emptyDraft = Object.freeze({ text: "", images: [], agent: "", skill: "", also: [], onFailure: "stop" });
const isEmpty = ({ text, images, agent, skill, also }) =>
  !text && images.length + also.length === 0 && !agent && !skill;

export const drafts = {
  load: (threadId) => ({ ...emptyDraft, ...read(`draft.${threadId}`, {}) }),
  save: (threadId, draft) => write(`draft.${threadId}`, isEmpty(draft) ? null : draft),
};

/** Messages that were sent and are not yet acknowledged: they are sent again, with the same key, after a reload. */
export const outbox = {
  load: (threadId) => read(`outbox.${threadId}`, []),
  save: (threadId, entries) => write(`outbox.${threadId}`, entries.length ? entries : null),
};

const idsOf = (kind) => ({
  load: (threadId) => read(`${kind}.${threadId}`, []),
  save: (threadId, ids) => write(`${kind}.${threadId}`, ids.length ? ids : null),
});

/** The runs of a thread that are folded to one line, and the batches of which one answer was kept: ids. */
export const folds = idsOf("folded");
export const keptBatches = idsOf("kept");

/** What sends a message, "enter" or "ctrl_enter", as it was when the server was last asked: keys are pressed before it answers. */
export const sendKey = {
  get: () => (read("send-key", "enter") === "ctrl_enter" ? "ctrl_enter" : "enter"),
  set: (key) => write("send-key", key === "ctrl_enter" ? key : null),
};

/** The ids of the folders that are open in the list. */
export const openFolders = {
  get: () => read("folders", []),
  set: (ids) => write("folders", ids.length ? ids : null),
};

/** Whether the outline is beside the conversation. */
export const outlineShown = {
  get: () => read("outline", false),
  set: (on) => write("outline", on ? true : null),
};

/** Whether this browser shows notes of what ended or waits while the page is not seen. */
export const browserNotes = {
  get: () => read("notes", false) === true,
  set: (on) => write("notes", on ? true : null),
};

/** Whether anonymous threads are shown as the model sees them: for as long as the tab lives. */
export const asModel = {
  get: () => {
    try {
      return sessionStorage.getItem(`${PREFIX}as-model`) === "true";
    } catch {
      return false;
    }
  },
  set: (on) => {
    try {
      sessionStorage.setItem(`${PREFIX}as-model`, String(on));
    } catch {
      // It holds until the page is left.
    }
  },
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
