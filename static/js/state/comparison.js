// What two runs have in common and where they differ, in figures; and which runs can be compared.
import { isThere, pathTo } from "./branches.js";

/**
 * The runs that a run can be compared with: `[{label, runs}]`, the attempts at its turn first, then the others of its branch,
 * then the rest that is known of the thread.
 */
export function candidates(state, run, siblings) {
  const known = (ids) => ids.map((id) => state.runs[id]).filter((one) => isThere(one) && one.id !== run.id);
  const beside = known(siblings);
  const branch = known(pathTo(state, state.thread?.head ?? run.id).map(({ id }) => id));
  const taken = new Set([run, ...beside, ...branch]);
  const rest = Object.values(state.runs).filter((one) => isThere(one) && !taken.has(one));
  return [
    { label: "Other attempts", runs: beside },
    { label: "This branch", runs: branch.filter((one) => !beside.includes(one)) },
    { label: "Elsewhere", runs: rest.sort((a, b) => a.number - b.number) },
  ].filter(({ runs }) => runs.length > 0);
}

/** The figures of two sides (as `GET runs/compare/` has them): `[{name, kind, a, b}]`; what neither has is left out. */
export function figures({ a, b }) {
  const rows = [
    ["First word after", "seconds", ({ seconds }) => seconds.first_answer],
    ["Worked", "seconds", ({ seconds }) => seconds.working],
    ["Waited", "seconds", ({ seconds }) => seconds.waiting || undefined],
    ["Tokens in", "count", ({ run }) => run.usage.input_tokens],
    ["Tokens out", "count", ({ run }) => run.usage.output_tokens],
    ["Cost", "money", ({ run }) => (run.usage.cost === undefined ? undefined : Number(run.usage.cost))],
    ["Model calls", "count", ({ run }) => run.usage.model_calls],
    ["Tool calls", "count", ({ tools }) => tools.length],
    ["Steps", "count", ({ steps }) => steps.length],
  ];
  return rows
    .map(([name, kind, of]) => ({ name, kind, a: of(a), b: of(b) }))
    .filter((row) => row.a !== undefined || row.b !== undefined)
    .filter((row) => row.a || row.b || row.kind !== "count");
}

/** How much more (1.5: half as much again) the second is than the first; `null` where that says nothing. */
export function ratio({ a, b }) {
  if (!a || !b) return null;
  const more = b / a;
  return Math.abs(more - 1) < 0.05 ? null : more;
}

/** The tool calls of both sides, side by side by name and in their order: `[{name, title, a?, b?}]`. */
export function toolRows({ a, b }) {
  const rest = [...b.tools];
  const rows = a.tools.map((tool) => {
    const at = rest.findIndex(({ name }) => name === tool.name);
    const other = at === -1 ? undefined : rest.splice(at, 1)[0];
    return { name: tool.name, title: tool.title, a: tool, b: other };
  });
  return [...rows, ...rest.map((tool) => ({ name: tool.name, title: tool.title, b: tool }))];
}
