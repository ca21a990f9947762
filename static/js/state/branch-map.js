// The tree of a thread as rows: the branch that is shown is one straight line, and each other branch stands, indented, where it
// leaves. Long stretches on which nothing happens are one row until they are opened.
const LEAST_GAP = 4; // runs: fewer are shown as they are

/**
 * `map` is what the server tells of a thread's branches, `{head, runs}`; `opened` holds the ids of the runs with which a stretch
 * begins that is shown whole; `marked` is the id of a run that is always shown. Rows are, from top to bottom,
 *
 *     {key, run, column, rails, above, below, begins, isShown, isHead, branches}  one run
 *     {key, hidden, column, rails, above, below, isShown}                         a stretch: `hidden` are its runs
 *
 * `column` counts from 0; `rails` are the columns of lines that only pass by; `above` and `below` say whether the run's own line
 * goes on there; `begins` that a branch begins here, which left the column before; `branches` how many leave behind the run.
 */
export function mapRows({ head, runs }, { opened = new Set(), marked = "" } = {}) {
  const known = new Map(runs.map((run) => [run.id, run]));
  const children = childrenOf(runs, known);
  const newest = newestBelow(runs, known);
  const shown = new Set();
  for (let run = known.get(head); run; run = known.get(run.parent)) shown.add(run.id);
  const main = (list) => list.find(({ id }) => shown.has(id)) ?? list.reduce((best, run) => (newest.get(run.id) > newest.get(best.id) ? run : best), list[0]);

  const rows = [];
  const tasks = [];
  const roots = children.get("") ?? [];
  const trunk = main(roots);
  if (trunk) tasks.push({ run: trunk, column: 0, rails: [], begins: false, above: false });
  for (const root of roots.filter((run) => run !== trunk).reverse()) tasks.push({ run: root, column: 1, rails: [], begins: false, above: false });
  while (tasks.length) {
    const { run, ...place } = tasks.pop();
    const behind = children.get(run.id) ?? [];
    const next = main(behind);
    const sides = behind.filter((one) => one !== next);
    rows.push({
      key: run.id,
      run,
      ...place,
      below: Boolean(next),
      isShown: shown.has(run.id),
      isHead: run.id === head,
      branches: sides.length,
    });
    const { column, rails } = place;
    if (next) tasks.push({ run: next, column, rails, begins: false, above: true });
    const beside = [...rails, column];
    for (const side of sides.reverse()) tasks.push({ run: side, column: column + 1, rails: beside, begins: true, above: false });
  }
  return withGaps(rows, { opened, marked });
}

function childrenOf(runs, known) {
  const children = new Map();
  for (const run of runs.toSorted((a, b) => a.number - b.number)) {
    const parent = known.has(run.parent) ? run.parent : "";
    children.set(parent, [...(children.get(parent) ?? []), run]);
  }
  return children;
}

/** The number of the newest run at or below each: a run is older than what follows it. */
function newestBelow(runs, known) {
  const newest = new Map(runs.map(({ id, number }) => [id, number]));
  for (const { id, parent } of runs.toSorted((a, b) => b.number - a.number)) {
    if (known.has(parent)) newest.set(parent, Math.max(newest.get(parent), newest.get(id)));
  }
  return newest;
}

/** Whether nothing happens at a row but that the line goes on. */
const isPlain = ({ run, above, below, isHead, branches }, marked) =>
  above && below && branches === 0 && !isHead && !run.pinned && !run.title && run.status === "completed" && run.id !== marked;

function withGaps(rows, { opened, marked }) {
  const shown = [];
  for (let start = 0; start < rows.length; ) {
    let end = start;
    while (end < rows.length && isPlain(rows[end], marked)) end += 1;
    const stretch = rows.slice(start, end);
    if (stretch.length === 0) {
      shown.push(rows[start]);
      start += 1;
      continue;
    }
    if (stretch.length < LEAST_GAP || opened.has(stretch[0].key)) shown.push(...stretch);
    else shown.push(gapOf(stretch));
    start = end;
  }
  return shown;
}

function gapOf(stretch) {
  const [{ key, column, rails, isShown }] = stretch;
  return { key, column, rails, isShown, above: true, below: true, hidden: stretch.map(({ run }) => run) };
}
