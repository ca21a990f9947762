// What leaves and comes in as a file: what is exported how, and what a file would bring.
import { api } from "../net/api.js";

/** Where files that can be imported come from. */
export const SOURCES = Object.freeze({
  auto: "Find out",
  coday: "Coday",
  chatgpt: "ChatGPT",
  claude: "Claude",
  "open-webui": "Open WebUI",
});

/** What becomes of a conversation of a file. */
export const STATES = Object.freeze({
  new: "New",
  known: "Here already",
  changed: "Changed since",
});

/**
 * The answer that holds a file. `what` is one of `{run}`, `{thread, branch: "shown" | "all"}`, `{runs}`, `{threads}` (ids) and
 * `{everything: true}`; `format` is "json" or "markdown", `masks` "keep" or "reveal".
 */
export function exported({ run, thread, branch, ...many }, { format, masks }, options) {
  if (run) return api.exportRun(run, { format, masks }, options);
  if (thread) return api.exportThread(thread, { format, masks, branch }, options);
  return api.exportMany({ ...many, format, masks }, options);
}

/** The name that the server has given a file (a `Content-Disposition`), or another one. */
export function nameOfFile(disposition, otherwise) {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(disposition ?? "")?.[1];
  const plain = /filename="?([^";]+)"?/i.exec(disposition ?? "")?.[1];
  return (encoded ? decoded(encoded) : plain)?.replaceAll(/[/\\]/g, "-") || otherwise;
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Reads an answer to its end: a `Blob`. `onProgress(bytes)` is told how much of it has come. */
export async function readFile(response, onProgress) {
  const parts = [];
  let bytes = 0;
  const reader = response.body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    parts.push(next.value);
    bytes += next.value.length;
    onProgress(bytes);
  }
  return new Blob(parts, { type: response.headers.get("Content-Type") ?? "application/octet-stream" });
}

/** Rows of a dry run or an import, with what asks for a look first: problems, then what is changed, new, and known. */
export function rowsOf({ threads }) {
  const order = ["changed", "new", "known"];
  const rank = ({ problems = [], state }) => (problems.length ? 0 : 1 + order.indexOf(state));
  return threads.map((thread, index) => ({ ...thread, index })).sort((a, b) => rank(a) - rank(b) || a.index - b.index);
}

/** How many of each: `{new, known, changed, problems}`. */
export function countsOf({ threads }) {
  const counts = { new: 0, known: 0, changed: 0, problems: 0 };
  for (const { state, problems = [] } of threads) {
    if (state in counts) counts[state] += 1;
    if (problems.length) counts.problems += 1;
  }
  return counts;
}

/** What an import would bring in: what is new, and what has changed where copies are wanted; nothing that is refused. */
export const wanted = ({ threads }, { copies = false } = {}) =>
  threads.filter(({ state, refused }) => !refused && (state === "new" || (copies && state === "changed"))).length;

/** "3 new, 1 changed"; "nothing" where it is none. */
export function saidCounts({ new: fresh, changed, known, problems }) {
  const parts = [
    [fresh, "new"],
    [changed, "changed since"],
    [known, "here already"],
    [problems, problems === 1 ? "with a problem" : "with problems"],
  ];
  return parts.filter(([count]) => count > 0).map(([count, word]) => `${count} ${word}`).join(", ") || "nothing";
}
