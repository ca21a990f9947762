// A run's timeline as rows of a drawing: each entry with its place on a scale from 0 to 1.

const SHORTENED = 0.04; // of the whole, what a wait takes that is left out
const WORTH_IT = 0.5; // of the whole, from which on leaving waits out is offered

const at = (iso) => Date.parse(iso);

/**
 * The rows of a timeline (as `GET runs/{id}/timeline/` has it): `{entry, depth, from, until, first?, seconds, began}`. `from`,
 * `until` and `first` (a model's first token) are places from 0 to 1, `seconds` is how long it took (`null` for a moment),
 * `began` how many seconds after the beginning. What goes on ends at `now` (ms). With `skipWaits` waits take next to no room.
 */
export function timelineRows(timeline, { now = Date.now(), skipWaits = false } = {}) {
  const span = spanOf(timeline, now);
  const place = scale(span, skipWaits ? waitsOf(timeline.entries, span) : []);
  const rows = [];
  const add = (entries, depth) => {
    for (const entry of entries) {
      rows.push(rowOf(entry, { depth, place, span }));
      add(entry.entries ?? [], depth + 1);
    }
  };
  add(timeline.entries, 0);
  return rows;
}

/** The whole of a timeline, in seconds, and how much of it is waiting. */
export function totalsOf(timeline, now = Date.now()) {
  const span = spanOf(timeline, now);
  const waits = waitsOf(timeline.entries, span);
  const waiting = waits.reduce((sum, { from, until }) => sum + until - from, 0);
  const total = span.until - span.from;
  return { seconds: total / 1000, waiting: waiting / 1000, mostlyWaits: total > 0 && waiting / total >= WORTH_IT };
}

function rowOf(entry, { depth, place, span }) {
  const from = at(entry.started_at);
  const isMoment = entry.kind === "step" && !entry.finished_at;
  const until = entry.finished_at ? at(entry.finished_at) : isMoment ? from : span.until;
  const first = entry.details?.first_token_at;
  return {
    entry,
    depth,
    from: place(from),
    until: place(until),
    ...(first && { first: place(at(first)) }),
    seconds: isMoment ? null : Math.max(0, until - from) / 1000,
    began: Math.max(0, from - span.from) / 1000,
  };
}

function spanOf({ started_at, finished_at, entries }, now) {
  const from = at(started_at);
  const ends = entries.map((entry) => at(entry.finished_at ?? entry.started_at));
  const until = finished_at ? at(finished_at) : Math.max(now, ...ends);
  return { from, until: Math.max(until, from + 1) };
}

/** The waits of a run itself, and its time in the queue: those of runs that it delegated to lie in them. */
const waitsOf = (entries, span) =>
  entries
    .filter(({ kind }) => kind === "wait" || kind === "queue")
    .map(({ started_at, finished_at }) => ({ from: at(started_at), until: finished_at ? at(finished_at) : span.until }));

/** Moments (ms) to places from 0 to 1; each of `waits` takes the same small part of it. */
function scale({ from, until }, waits) {
  const skipped = waits.reduce((sum, wait) => sum + wait.until - wait.from, 0);
  const rest = until - from - skipped;
  const short = waits.length ? Math.max((rest * SHORTENED) / waits.length, 1) : 0;
  const total = rest + short * waits.length;
  return (moment) => {
    const clipped = Math.min(Math.max(moment, from), until);
    let place = clipped - from;
    for (const wait of waits) {
      const inside = Math.min(Math.max(clipped - wait.from, 0), wait.until - wait.from);
      const length = wait.until - wait.from;
      place += (length ? (inside / length) * short : 0) - inside;
    }
    return place / total;
  };
}
