// Two runs side by side: what differs in what was asked and answered, and what each took.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { siblingsOf } from "../../state/branches.js";
import { nameOf } from "../../state/catalogue.js";
import { candidates, figures, ratio, toolRows } from "../../state/comparison.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { money, secondsOf, wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText, WithBook } from "../masks.js";
import { CompareSearch } from "./compare-search.js";
import { Differences, SideBySide } from "./difference.js";
import { statusOf } from "./status.js";

const ALIKE = 0.35; // from which similarity on a difference is easier to read than two texts

/** `detail` is a run, or `{a, b}`. By itself a run is compared with the attempt before it at its turn, or the run before it. */
export function CompareDialog({ workspace, detail, onClose }) {
  const [session] = useState(workspace.session.value);
  const state = useStore(session.state);
  const run = detail.a ?? detail;
  const isReady = useAttempts(state, run, { session, workspace });
  return html`<${Dialog} title="Compare runs" onClose=${onClose} class="dialog--tall compare">
    ${
      isReady
        ? html`<${Pair} first=${detail.a ? detail : pairOf(state, run)} state=${state} session=${session} workspace=${workspace} />`
        : html`<p class="compare__note" role="status">Reading …</p>`
    }
  <//>`;
}

/** Whether the other attempts at the turn of a run are known; those that are not are read. */
function useAttempts(state, run, { session, workspace }) {
  const missing = siblingsOf(state, run).filter((id) => !state.runs[id]);
  const [isRead, setRead] = useState(missing.length === 0);
  useEffect(() => {
    if (isRead) return;
    const reading = missing.map((id) => workspace.attempt(() => session.loadRun(id)));
    Promise.all(reading).then(() => setRead(true));
  }, []);
  return isRead;
}

/** `first` is `{a, b}`, the runs that are compared at first; without `b` there is only one. */
function Pair({ first, state, session, workspace }) {
  const [pair, setPair] = useState(first);
  const { found, problem } = useComparison(pair);
  const choices = (run) => (run && state.runs[run.id] ? candidates(state, run, siblingsOf(state, run)) : candidates(state, pair.a, []));
  return html`<div class="compare__pair">
      <${RunChoice} label="First run" run=${pair.a} groups=${choices(pair.b)} onChoose=${(a) => setPair({ ...pair, a })} />
      <${RunChoice} label="Second run" run=${pair.b} groups=${choices(pair.a)} onChoose=${(b) => setPair({ ...pair, b })} />
    </div>
    <${CompareSearch} session=${session} workspace=${workspace} onChoose=${(b) => setPair({ ...pair, b })} />
    ${!pair.b && html`<p class="compare__note">There is no other run here to compare with.</p>`}
    ${problem && html`<p role="alert">${problem}</p>`}
    ${pair.b && !found && !problem && html`<p class="compare__note" role="status">Comparing …</p>`}
    ${found && html`<${Comparison} key=${`${pair.a.id} ${pair.b.id}`} found=${found} workspace=${workspace} />`}`;
}

function pairOf(state, run) {
  const [nearest] = candidates(state, run, siblingsOf(state, run));
  if (!nearest) return { a: run };
  const other = nearest.runs.findLast(({ number }) => number < run.number) ?? nearest.runs[0];
  return other.number < run.number ? { a: other, b: run } : { a: run, b: other };
}

function useComparison({ a, b }) {
  const [found, setFound] = useState({});
  useEffect(() => {
    if (!b) return undefined;
    let open = true;
    setFound({});
    api.compareRuns(a.id, b.id).then(
      (result) => open && setFound({ found: result }),
      (error) => open && setFound({ problem: error.message }),
    );
    return () => {
      open = false;
    };
  }, [a.id, b?.id]);
  return found;
}

/** The run itself may be in none of the groups: it is shown first then. */
function RunChoice({ label, run, groups, onChoose }) {
  const all = groups.flatMap(({ runs }) => runs);
  const isListed = all.some(({ id }) => id === run?.id);
  const choose = ({ target }) => onChoose(all.find(({ id }) => id === target.value) ?? run);
  return html`<label class="compare__choice">
    <span>${label}</span>
    <select value=${run?.id ?? ""} onChange=${choose}>
      ${run && !isListed && html`<option value=${run.id}>${nameOfRun(run)}</option>`}
      ${groups.map(
        (group) =>
          html`<optgroup key=${group.label} label=${group.label}>
            ${group.runs.map((one) => html`<option key=${one.id} value=${one.id}>${nameOfRun(one)}</option>`)}
          </optgroup>`,
      )}
    </select>
  </label>`;
}

const nameOfRun = (run) =>
  [`Run ${run.number}`, run.thread && "another conversation", run.model, statusOf(run).label.toLowerCase()].filter(Boolean).join(" · ");

function Comparison({ found, workspace }) {
  const { a, b, input, answer } = found;
  const [view, show] = useState(answer.similarity >= ALIKE ? "differences" : "beside");
  const sameInput = input.similarity === 1;
  return html`<${Figures} found=${found} workspace=${workspace} />
    <${Tools} found=${found} />
    <fieldset class="segments compare__view">
      <legend class="visually-hidden">Show the words</legend>
      <${Segment} name="differences" label="Differences" view=${view} onShow=${show} />
      <${Segment} name="beside" label="Side by side" view=${view} onShow=${show} />
    </fieldset>
    <${Words} title="Asked" sides=${[a, b]} of="input" diff=${input} view=${sameInput ? "same" : view} workspace=${workspace} />
    <${Words} title="Answered" sides=${[a, b]} of="answer" diff=${answer} view=${view} workspace=${workspace} />`;
}

function Segment({ name, label, view, onShow }) {
  return html`<label class="segment">
    <input type="radio" name="compare-view" checked=${view === name} onChange=${() => onShow(name)} /><span>${label}</span>
  </label>`;
}

function Words({ title, sides, of, diff, view, workspace }) {
  const alike = `${Math.round(diff.similarity * 100)} % alike`;
  const cut = sides.some((side) => side.cut) && ". Only the beginning is compared";
  const coarse = diff.coarse && ". Some parts are too different to be compared word by word";
  return html`<section class="compare__words">
    <h3>
      ${title}
      <small>${diff.similarity === 1 ? "the same" : alike}${view === "differences" && coarse}${cut}</small>
    </h3>
    ${
      view === "same"
        ? html`<${WithBook} workspace=${workspace} thread=${sides[0].thread} text=${sides[0][of]}>
            <p class="compare__text" dir="auto"><${MaskedText} text=${sides[0][of]} /></p>
          <//>`
        : view === "differences"
          ? html`<${Differences} diff=${diff} sides=${sides} of=${of} workspace=${workspace} />`
          : html`<${SideBySide} sides=${sides} of=${of} workspace=${workspace} />`
    }
  </section>`;
}

function Figures({ found: { a, b }, workspace }) {
  const { agents, models } = useStore(workspace.catalogue);
  const currency = (a.run.usage.currency ?? b.run.usage.currency) || "USD";
  const written = { seconds: secondsOf, count: wholeNumber, money: (value) => money(value, currency) };
  const words = [
    ["Agent", ({ run }) => nameOf(agents, run.agent)],
    ["Model", ({ run }) => nameOf(models, run.model)],
    ["Status", ({ run }) => statusOf(run).label],
    ...(a.thread.id === b.thread.id ? [] : [["Conversation", ({ thread }) => thread.title ?? thread.excerpt ?? "Untitled"]]),
  ];
  return html`<table class="compare__figures">
    <thead>
      <tr>
        <td></td>
        <th scope="col">Run ${a.run.number}</th>
        <th scope="col">Run ${b.run.number}</th>
      </tr>
    </thead>
    <tbody>
      ${words.map(
        ([name, of]) =>
          html`<tr key=${name}>
            <th scope="row">${name}</th>
            <td>${of(a)}</td>
            <td class=${of(a) === of(b) ? "compare__same" : ""}>${of(b)}</td>
          </tr>`,
      )}
      ${figures({ a, b }).map(
        (row) =>
          html`<tr key=${row.name}>
            <th scope="row">${row.name}</th>
            <td>${row.a === undefined ? "–" : written[row.kind](row.a)}</td>
            <td>${row.b === undefined ? "–" : written[row.kind](row.b)} <${Ratio} of=${ratio(row)} /></td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

/** How much more, or less, the second took. */
function Ratio({ of: more }) {
  if (more === null) return null;
  const percent = Math.round(Math.abs(more - 1) * 100);
  const text = more >= 10 ? `${Math.round(more)} ×` : `${more > 1 ? "+" : "−"}${percent} %`;
  return html`<span class="compare__ratio compare__ratio--${more > 1 ? "more" : "less"}">${text}</span>`;
}

function Tools({ found }) {
  const rows = toolRows(found);
  if (rows.length === 0) return null;
  const told = (tool) => (tool ? `${tool.status.replace("_", " ")}${tookOf(tool)}` : "not called");
  return html`<table class="compare__figures compare__tools">
    <caption>
      <${Icon} name="wrench" size=${13} /> Tools
    </caption>
    <tbody>
      ${rows.map(
        ({ name, title, a, b }, index) =>
          html`<tr key=${index}>
            <th scope="row">${title || name}</th>
            <td class=${a ? "" : "compare__same"}>${told(a)}</td>
            <td class=${b ? "" : "compare__same"}>${told(b)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function tookOf({ started_at, finished_at }) {
  if (!started_at || !finished_at) return "";
  return `, ${secondsOf((Date.parse(finished_at) - Date.parse(started_at)) / 1000)}`;
}
