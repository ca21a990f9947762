// Retention policies as people say them, and what a form of one asks for.

const KILO = 1000;

const count = (number, one, many = `${one}s`) => `${number.toLocaleString()} ${number === 1 ? one : many}`;
const named = (tags) => tags.map((tag) => `“${tag}”`).join(" or ");

/** What a run has to be, each condition in words; all of them have to hold. */
export function conditionsOf({ older_than_days, importance_below, tags = [], without_tags = [], larger_than, only_archived }) {
  return [
    older_than_days && `ended more than ${count(older_than_days, "day")} ago`,
    importance_below && `importance below ${importance_below}`,
    tags.length > 0 && `tagged ${named(tags)}`,
    without_tags.length > 0 && `not tagged ${named(without_tags)}`,
    larger_than > 0 && `more than ${Math.ceil(larger_than / KILO).toLocaleString()} kB`,
    only_archived && "in an archived conversation",
  ].filter(Boolean);
}

/** A policy in one line. */
export function inWords(policy) {
  const text = `Runs that are ${conditionsOf(policy).join(", ")}`.replace("are ended", "ended").replace(", importance", ", of importance");
  return `${text.replace("are importance", "are of importance")}.`;
}

/** The fields of a policy as a form has them: `values` by name, texts as they were typed. What is left empty is no condition. */
export function policyFrom({ name, older_than_days, importance_below, tags, without_tags, kilobytes, only_archived }) {
  return {
    name: name.trim(),
    older_than_days: number(older_than_days),
    importance_below: number(importance_below),
    tags: list(tags),
    without_tags: list(without_tags),
    larger_than: kilobytes ? Number(kilobytes) * KILO : null,
    only_archived: Boolean(only_archived),
  };
}

const number = (typed) => (typed ? Number(typed) : null);
const list = (typed = "") => [...new Set(typed.split(",").map((tag) => tag.trim()).filter(Boolean))];

const SPARED = {
  pinned: "pinned",
  shared: "shared",
  active: "in conversations where something goes on",
  in_progress: "with an operation in progress",
  shown: "shown last in their conversation",
  summarised: "in a summary of runs that stay",
};

/** Which runs meet a policy and stay, and why: `["2 pinned", …]`. */
export const sparedBy = (spared = {}) =>
  Object.entries(spared).map(([reason, runs]) => `${runs.toLocaleString()} ${SPARED[reason] ?? reason}`);

/** What a policy would do, or did, in a sentence. `size` writes bytes. */
export function outcome({ runs, bytes }, size, { done = false } = {}) {
  if (runs === 0) return done ? "Nothing was removed." : "Nothing would be removed now.";
  const what = `the words of ${count(runs, "run")} (${size(bytes)})`;
  return done ? `Removed: ${what}.` : `This would remove ${what}.`;
}
