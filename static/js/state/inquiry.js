// Questions about many runs: what is asked for, and what a message says that was read.
import { parametersOf } from "./search.js";

const HEAD = /^\*\*Read (\d+) of (\d+) runs\.\*\* /;
const SOURCE = /^\*\*\[(.+)\]\((\/threads\/[0-9a-f-]{36}\/\?run=[0-9a-f-]{36})\)\*\* · (\d{4}-\d\d-\d\d)( · cut)?$/;

/**
 * The runs that a part of a message quotes, as `runs/inquiry.py` writes them: `{read, of, sources: [{title, link, date, cut}]}`,
 * or `null` where it quotes none. Quoted lines begin with ">", so no run can pose as another one.
 */
export function readIn(text) {
  const head = HEAD.exec(text);
  if (!head) return null;
  const sources = text
    .split("\n")
    .map((line) => SOURCE.exec(line))
    .filter(Boolean)
    .map(([, title, link, date, cut]) => ({ title, link, date, cut: Boolean(cut) }));
  return { read: Number(head[1]), of: Number(head[2]), sources };
}

const RUN = /^\/threads\/([0-9a-f-]{36})\/\?run=([0-9a-f-]{36})$/;

/** The ids that the address of a run names: `{thread, run}`, or `null`. */
export function runAt(address) {
  const named = RUN.exec(address);
  return named && { thread: named[1], run: named[2] };
}

/** What the server takes as a filter: the search's, with numbers and truth values as such. */
export function filterOf(filters) {
  const { importance, cost, pinned, rating, ...rest } = parametersOf(filters);
  const given = {
    ...rest,
    importance: importance && Number(importance),
    cost,
    pinned: pinned && pinned === "true",
    rating: rating && Number(rating),
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined && value !== ""));
}
