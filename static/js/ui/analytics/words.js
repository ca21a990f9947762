// What the values of runs are called where figures are shown.
const OUTCOMES = {
  completed: "Completed",
  failed: "Failed",
  interrupted: "Interrupted",
  cancelled: "Stopped",
  waiting: "Waits for a person",
  running: "Answering",
  queued: "Queued",
};
const TRIGGERS = {
  user: "A message",
  tool: "A finished tool",
  delegation: "Another agent",
  schedule: "A schedule",
  webhook: "A webhook",
};
const RATINGS = { 1: "Thumbs up", [-1]: "Thumbs down" };
const WORDS = { outcome: OUTCOMES, trigger: TRIGGERS, rating: RATINGS };

/** The words for a value, or `undefined`. */
export const wordsOf = (group, key) => WORDS[group]?.[key];
