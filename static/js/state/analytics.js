// What runs came to: what is asked for, as the address says it, what the server answers, and the charts that are made of it.
import { api } from "../net/api.js";
import { addressOfPage } from "./pages.js";
import { parametersOf } from "./search.js";
import { Store } from "./store.js";
import { ownZone } from "./zones.js";

/** By what runs are put together: `[value, one of them, words]`. Those of all people have one more. */
export const GROUPS = Object.freeze([
  ["agent", "Agent"],
  ["model", "Model"],
  ["template", "Template"],
  ["tag", "Tag"],
  ["trigger", "Started by"],
  ["outcome", "Outcome"],
  ["day", "Day"],
]);
export const GROUPS_OF_ALL = Object.freeze([...GROUPS.slice(0, 1), ["user", "Person"], ...GROUPS.slice(1)]);

/** How far back the page looks by itself: days, the last of which is today. */
export const SPANS = Object.freeze([7, 30, 90, 365]);
const DEFAULT_SPAN = 30;
const MOST_DAYS = 400; // that stand in a chart, each with a place of its own
const MOST_BARS = 12; // of groups that are drawn; the table has all

export const FILTERS = Object.freeze(["since", "until", "agent", "model", "template", "tag", "trigger", "status", "rating", "user"]);
const ASKED = [...FILTERS, "group_by"];

const pad = (value) => String(value).padStart(2, "0");

/** A day as an address has it: "2026-07-21", on the reader's calendar. */
export const dayOf = (date) => `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;

/** The first of so many days that end today. */
export function daysAgo(span, now = new Date()) {
  return dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - span + 1));
}

/** What an address asks for; where it says nothing, the last 30 days by agent. "since" may be empty: from the beginning. */
export function askedBy(parameters, now = new Date()) {
  const given = ASKED.filter((name) => parameters.has(name)).map((name) => [name, parameters.get(name).trim()]);
  return { since: daysAgo(DEFAULT_SPAN, now), group_by: "agent", ...Object.fromEntries(given) };
}

/** The query that says so. */
export function queryOf(asked) {
  const given = ASKED.filter((name) => asked[name] || (name === "since" && asked.since === "")).map((name) => [name, asked[name]]);
  return `?${new URLSearchParams(given)}`;
}

export const addressOfAnalytics = (asked) => addressOfPage("analytics") + queryOf(asked);

/** What is asked, as the server takes it. */
export const wanted = (asked, more = {}) => ({ ...parametersOf(asked), time_zone: ownZone(), ...more });

/** The address of the rows as a file. */
export function addressOfFile(asked, scope) {
  const fields = Object.entries(wanted(asked, { scope, format: "csv" })).filter(([, value]) => value);
  return `/api/v1/analytics/?${new URLSearchParams(fields)}`;
}

const COLUMN_OF = { outcome: "status" };

/** The filters that find the runs of a row, or `null`: no filter finds what has no tag, say. */
export function filtersOfRow(asked, row) {
  const { group_by: group, ...filters } = asked;
  if (row.key === "") return null;
  if (group === "day") return { ...filters, since: row.key, until: row.key };
  return { ...filters, [COLUMN_OF[group] ?? group]: row.key };
}

/** Days without runs stand between the others: a chart without them lies. */
export function everyDay(rows, { since, until }, now = new Date()) {
  const first = since || rows[0]?.key;
  const last = until || dayOf(now);
  if (!first || first > last) return rows;
  const known = new Map(rows.map((row) => [row.key, row]));
  const days = [];
  for (let at = new Date(`${first}T12:00:00`); dayOf(at) <= last; at.setDate(at.getDate() + 1)) {
    if (days.length === MOST_DAYS) return rows;
    days.push(known.get(dayOf(at)) ?? { key: dayOf(at), label: dayOf(at), runs: 0, cost: {} });
  }
  return days;
}

/** `store` holds `{asked, days, found, phase, error}`: the answers by day, and by what was chosen. */
export class Analytics {
  #request = null;

  constructor({ scope = "mine" } = {}) {
    this.scope = scope;
    this.store = new Store({ asked: null, days: null, found: null, phase: "idle", error: null });
  }

  /** Asks for something else; what was there stays until that has come. */
  async look(asked) {
    this.#request?.abort();
    const request = new AbortController();
    this.#request = request;
    this.store.patch({ asked, phase: "loading", error: null });
    const ask = (group) => api.analytics(wanted(asked, { group_by: group, scope: this.scope }), { signal: request.signal });
    try {
      const days = await ask("day");
      const found = asked.group_by === "day" ? days : await ask(asked.group_by);
      this.store.patch({ days, found, phase: "ready" });
    } catch (error) {
      if (error.name === "AbortError") return; // something else is asked for by now
      this.store.patch({ phase: "failed", error });
    }
  }
}

// --- Charts, as render/chart.js takes them ---------------------------------------------------------------------------

const OUTCOMES = [
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["cancelled", "Stopped"],
  ["interrupted", "Interrupted"],
  ["unfinished", "Not ended"],
];

const chart = (fields) => ({ units: "", xTitle: "", stacked: false, ...fields });
const valuesOf = (rows, name) => rows.map((row) => row[name] ?? 0);

/** How the runs of each row ended. */
export function outcomes(rows, title, xTitle) {
  const series = OUTCOMES.map(([name, words]) => ({ name: words, values: valuesOf(rows, name) }));
  const there = series.filter(({ values }, index) => index === 0 || values.some(Boolean));
  return chart({ type: "bar", title, xTitle, labels: labelsOf(rows), series: there, stacked: there.length > 1 });
}

/** What they cost: one chart for each currency. */
export function costs(rows, title, xTitle) {
  const currencies = [...new Set(rows.flatMap(({ cost }) => Object.keys(cost)))].sort();
  return currencies.map((currency) => {
    const values = rows.map(({ cost }) => Number(cost[currency] ?? 0));
    return chart({ type: "bar", title: `${title}, ${currency}`, xTitle, labels: labelsOf(rows), series: [{ name: "Cost", values }], units: currency });
  });
}

/** How long they took; a row in which nothing was measured is a gap. */
export function times(rows, title, xTitle) {
  const series = [
    { name: "Median", values: rows.map(({ p50 }) => p50 ?? null) },
    { name: "95th percentile", values: rows.map(({ p95 }) => p95 ?? null) },
    { name: "First word, median", values: rows.map(({ ttft_p50: first }) => first ?? null) },
  ].filter(({ values }) => values.some((value) => value !== null));
  return series.length ? chart({ type: "line", title, xTitle, labels: labelsOf(rows), series, units: "s" }) : null;
}

/** The rows with the most runs. */
export const foremost = (rows) => rows.slice(0, MOST_BARS);

const labelsOf = (rows) => rows.map(({ label, key }) => label || key || "none");
