// Where a run's time went: a table with a bar in each row, what it asked, called and waited for, along its time.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { nameOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { isTerminal } from "../../state/thread-state.js";
import { timelineRows, totalsOf } from "../../state/timeline.js";
import { Dialog } from "../dialog.js";
import { money, secondsOf, shortNumber } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText, WithMasks } from "../masks.js";
import { Switch } from "../settings/switch.js";

const EVERY = 1000; // ms between two looks at a run that goes on
const ICONS = { queue: "clock", model: "bolt", tool: "wrench", command: "command", step: "diagram", wait: "clock", delegation: "handOn" };
const KINDS = {
  queue: "Queue",
  model: "Model call",
  tool: "Tool",
  command: "Command",
  step: "Decision",
  wait: "Wait",
  delegation: "Delegation",
};
const BAR = 14; // px, its height

export function TimelineDialog({ workspace, detail: run, onClose }) {
  const [session] = useState(workspace.session.value);
  const { timeline, problem } = useTimeline(session, run);
  const [skipWaits, setSkipWaits] = useState(null);
  const totals = timeline && totalsOf(timeline);
  const skips = skipWaits ?? totals?.mostlyWaits ?? false;
  return html`<${Dialog} title="Timeline of run ${run.number}" onClose=${onClose} class="timeline">
    ${problem && html`<p role="alert">${problem}</p>`}
    ${!timeline && !problem && html`<p class="timeline__note" role="status">Reading …</p>`}
    ${
      timeline &&
      html`<div class="timeline__totals">
          <p>
            ${secondsOf(totals.seconds)} in all${totals.waiting >= 0.05 && html`, ${secondsOf(totals.waiting)} of them waiting`}
          </p>
          ${totals.waiting >= 1 && html`<${Switch} label="Leave waiting out" on=${skips} onChange=${setSkipWaits} />`}
        </div>
        <${WithMasks} session=${session} workspace=${workspace}>
          <${Rows} rows=${timelineRows(timeline, { skipWaits: skips })} workspace=${workspace} />
        <//>
        ${timeline.entries.some(({ details }) => details.first_token_at) && html`<${Legend} />`}`
    }
  <//>`;
}

/** Read when the dialog opens, and again as long as the run goes on. */
function useTimeline(session, run) {
  const [found, setFound] = useState({});
  const status = useStore(session.state, ({ runs }) => (runs[run.id] ?? run).status);
  useEffect(() => {
    let open = true;
    const read = () =>
      api.timeline(run.id).then(
        (timeline) => open && setFound({ timeline }),
        (error) => open && setFound({ problem: error.message }),
      );
    read();
    const timer = isTerminal({ status }) ? 0 : setInterval(read, EVERY);
    return () => {
      open = false;
      clearInterval(timer);
    };
  }, [run.id, status]);
  return found;
}

function Rows({ rows, workspace }) {
  const catalogue = useStore(workspace.catalogue);
  return html`<table class="timeline__table">
    <thead>
      <tr>
        <th scope="col">What</th>
        <td aria-hidden="true"></td>
        <th scope="col" class="timeline__number">After</th>
        <th scope="col" class="timeline__number">Took</th>
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        (row, index) =>
          html`<tr key=${index} class="timeline__row timeline__row--${row.entry.kind} timeline__row--${toneOf(row.entry)}">
            <th scope="row" class="timeline__what timeline__what--${Math.min(row.depth, 3)}"><${What} row=${row} catalogue=${catalogue} /></th>
            <td class="timeline__bar" aria-hidden="true"><${Bar} row=${row} /></td>
            <td class="timeline__number">${secondsOf(row.began)}</td>
            <td class="timeline__number">${row.seconds === null ? "" : secondsOf(row.seconds)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function What({ row: { entry }, catalogue }) {
  const { kind, label, status } = entry;
  const name = { model: nameOf(catalogue.models, label), delegation: nameOf(catalogue.agents, label) }[kind] ?? label;
  const notes = [...factsOf(entry), toneOf(entry) === "bad" && status.replace("_", " ")].filter(Boolean);
  return html`<span class="timeline__icon" title=${KINDS[kind]}><${Icon} name=${ICONS[kind]} size=${14} /></span>
    <span class="visually-hidden">${KINDS[kind]}: </span>
    <span class="timeline__label" dir="auto"><${MaskedText} text=${name} cut /></span>
    ${notes.length > 0 && html`<span class="timeline__facts">${notes.join(" · ")}</span>`}`;
}

function factsOf({ kind, details, started_at }) {
  if (kind === "model") {
    const { purpose, input_tokens, output_tokens, cost, currency, first_token_at } = details;
    const first = first_token_at && (Date.parse(first_token_at) - Date.parse(started_at)) / 1000;
    return [
      purpose === "title" && "for the title",
      output_tokens !== undefined && `${shortNumber(input_tokens)} → ${shortNumber(output_tokens)} tokens`,
      cost !== undefined && money(cost, currency),
      first && `first word after ${secondsOf(first)}`,
    ];
  }
  if (kind === "queue") return [details.reason];
  return [];
}

/** Drawn with attributes alone: the page's policy allows no inline style. */
function Bar({ row: { entry, from, until, first } }) {
  const percent = (place) => `${(place * 100).toFixed(3)}%`;
  const middle = BAR / 2;
  if (from === until && entry.kind === "step")
    return html`<svg class="bar" width="100%" height=${BAR}><circle cx=${percent(from)} cy=${middle} r="3.5" /></svg>`;
  const split = first ?? from;
  return html`<svg class="bar" width="100%" height=${BAR}>
    ${first !== undefined && html`<rect class="bar__wait" x=${percent(from)} y="3" width=${percent(Math.max(0, split - from))} height=${BAR - 6} />`}
    <rect x=${percent(split)} y="3" width=${percent(Math.max(0, until - split))} height=${BAR - 6} rx="2" />
    <rect x=${percent(split)} y="3" width="2" height=${BAR - 6} rx="1" />
  </svg>`;
}

const BAD = new Set(["failed", "cancelled", "interrupted", "cut off", "returned"]);
const toneOf = ({ status }) => (BAD.has(status) ? "bad" : status === "running" || status === "in_progress" ? "open" : "good");

function Legend() {
  return html`<p class="timeline__note">A model call’s pale part is the time until its first word.</p>`;
}
