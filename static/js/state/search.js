// The search over all runs: what is looked for, as the address says it, and what was found.
import { api } from "../net/api.js";
import { addressOfPage } from "./pages.js";
import { Store } from "./store.js";

/** What runs can be filtered by, in the order of the page. Empty is any. */
export const FILTERS = [
  "q",
  "tag",
  "status",
  "kind",
  "trigger",
  "agent",
  "model",
  "tool",
  "since",
  "until",
  "importance",
  "cost",
  "pinned",
  "template",
  "rating",
  "thread",
  "group",
];

const PATH = addressOfPage("search");

/** The filters that an address holds (`URLSearchParams`); what it does not know is left out. */
export function filtersOf(parameters) {
  const given = FILTERS.map((name) => [name, parameters.get(name)?.trim() ?? ""]);
  return Object.fromEntries(given.filter(([, value]) => value !== ""));
}

/** The address that shows these filters, so that it can be kept and passed on. */
export function addressOfSearch(filters) {
  const given = FILTERS.filter((name) => filters[name]).map((name) => [name, filters[name]]);
  return given.length ? `${PATH}?${new URLSearchParams(given)}` : PATH;
}

/** Filters as the server takes them. Days are the reader's own: "until" one is until its end. */
export function parametersOf({ since, until, ...filters }) {
  return { ...filters, since: since && startOf(since), until: until && startOf(until, 1) };
}

function startOf(day, later = 0) {
  const [year, month, date] = day.split("-").map(Number);
  const moment = new Date(year, month - 1, date + later);
  return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
}

/** `store` holds `{filters, runs, next, phase, error}`; phase is "idle", "loading", "ready", "more" or "failed". */
export class Search {
  #request = null;

  constructor() {
    this.store = new Store({ filters: {}, runs: [], next: null, phase: "idle", error: null });
  }

  /** Looks for other runs; what was found stays until others are. */
  async look(filters) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.store.patch({ filters, phase: "loading", error: null });
    try {
      const page = await api.findRuns(parametersOf(filters), { signal: request.signal });
      this.store.patch({ runs: page.results, next: page.next, phase: "ready" });
    } catch (error) {
      if (error.name === "AbortError") return; // a newer request is under way
      this.store.patch({ runs: [], next: null, phase: "failed", error });
    }
  }

  async more() {
    const { next, filters, phase } = this.store.value;
    if (!next || phase === "more") return;
    this.store.patch({ phase: "more" });
    try {
      const page = await api.page(next);
      if (filters !== this.store.value.filters) return; // something else is looked for by now
      this.store.patch({ runs: [...this.store.value.runs, ...page.results], next: page.next, phase: "ready" });
    } catch (error) {
      if (filters === this.store.value.filters) this.store.patch({ phase: "ready", error });
    }
  }

  /** Runs have changed: where they were found, they show it. */
  take(runs) {
    const changed = new Map(runs.map((run) => [run.id, run]));
    const { runs: found } = this.store.value;
    if (found.some(({ id }) => changed.has(id)))
      this.store.patch({ runs: found.map((run) => ({ ...run, ...changed.get(run.id) })) });
  }
}
