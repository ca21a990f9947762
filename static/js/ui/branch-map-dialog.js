// The map of a conversation: all its branches, the one that is shown as a straight line, and the way to each run.
import { html, useEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { mapRows } from "../state/branch-map.js";
import { nameOf } from "../state/catalogue.js";
import { useStore } from "../state/store.js";
import { Dialog } from "./dialog.js";
import { moment } from "./format.js";
import { Icon } from "./icons.js";
import { MaskedText, WithMasks } from "./masks.js";

const COLUMN = 18; // px
const HEIGHT = 40; // of a row, as in the style sheet
const PAGE = 10; // rows
const MOST_COLUMNS = 12; // deeper branches stand in the last one
const SIGNS = { failed: "warning", interrupted: "warning", cancelled: "stop", queued: "clock", running: "bolt", waiting: "clock" };
const STATUS = { failed: "failed", interrupted: "interrupted", cancelled: "stopped", queued: "queued", running: "being answered", waiting: "waiting" };

export function BranchMapDialog({ workspace, detail, onClose }) {
  const [session] = useState(workspace.session.value); // the page may leave the thread while the dialog closes
  const { map, problem } = useMap(session);
  return html`<${Dialog} title="Branches" onClose=${onClose} class="dialog--tall">
    <${WithMasks} workspace=${workspace} session=${session}>
      ${problem && html`<p class="alert" role="alert">${problem}</p>`}
      ${!map && !problem && html`<p class="map__note">Reading the branches …</p>`}
      ${map && html`<${Tree} map=${map} marked=${detail?.run} workspace=${workspace} session=${session} onClose=${onClose} />`}
    <//>
  <//>`;
}

/** `{map}` as the server has it, read again when runs come or go; or `{problem}`. */
function useMap(session) {
  const [known, know] = useState({});
  const size = useStore(session.state, ({ runs }) => Object.values(runs).filter((run) => !run.deleted_at).length);
  const head = useStore(session.state, ({ thread }) => thread?.head);
  useEffect(() => {
    let isCurrent = true;
    session.readMap().then(
      (map) => isCurrent && know({ map }),
      (error) => isCurrent && know((before) => ({ ...before, problem: error.message })),
    );
    return () => {
      isCurrent = false;
    };
  }, [size, head]);
  return known;
}

function Tree({ map, marked, workspace, session, onClose }) {
  const catalogue = useStore(workspace.catalogue);
  const [opened, open] = useState(new Set());
  const rows = useMemo(() => mapRows(map, { opened, marked }), [map, opened, marked]);
  const [active, setActive] = useState(marked ?? map.head);
  const tree = useRef(null);
  const place = Math.max(0, rows.findIndex(({ key }) => key === active));
  const leaves = useMemo(() => rows.filter(({ below, hidden }) => !below && !hidden).length, [rows]);

  useEffect(() => tree.current.focus(), []);
  useEffect(() => tree.current.children[place]?.scrollIntoView({ block: "nearest" }), [place]);

  const choose = (row) => {
    if (row.hidden) return open(new Set([...opened, row.key]));
    onClose();
    return session.show(row.run.id, { beside: !row.isShown });
  };
  const onKeyDown = (event) => {
    const last = rows.length - 1;
    const { column } = rows[place];
    const before = rows.findLastIndex((row, index) => index < place && row.column < column);
    const inside = rows.findIndex((row, index) => index > place && row.column > column);
    const to = {
      ArrowDown: Math.min(last, place + 1),
      ArrowUp: Math.max(0, place - 1),
      ArrowLeft: before === -1 ? place : before,
      ArrowRight: inside === -1 ? place : inside,
      Home: 0,
      End: last,
      PageDown: Math.min(last, place + PAGE),
      PageUp: Math.max(0, place - PAGE),
    }[event.key];
    if (to !== undefined) setActive(rows[to].key);
    else if (event.key === "Enter" || event.key === " ") choose(rows[place]);
    else return;
    event.preventDefault();
  };
  return html`<p class="map__note">
      ${map.runs.length === 1 ? "1 run" : `${map.runs.length} runs`} on ${leaves === 1 ? "1 branch" : `${leaves} branches`}. The
      arrow keys move, Enter shows a run.
    </p>
    <ul
      class="map"
      role="tree"
      tabindex="0"
      aria-label="Branches"
      aria-activedescendant="map-${rows[place]?.key}"
      ref=${tree}
      onKeyDown=${onKeyDown}
    >
      ${rows.map(
        (row) =>
          html`<${Row} key=${row.key} row=${row} isActive=${row === rows[place]} catalogue=${catalogue} onChoose=${() => choose(row)} />`,
      )}
    </ul>`;
}

function Row({ row, isActive, catalogue, onChoose }) {
  const { key, column, isShown, isHead, hidden } = row;
  return html`<li
    id="map-${key}"
    class="map__row ${isShown ? "map__row--shown" : ""} ${hidden ? "map__row--gap" : ""}"
    role="treeitem"
    aria-level=${column + 1}
    aria-selected=${String(isActive)}
    aria-current=${isHead ? "true" : undefined}
    onClick=${onChoose}
  >
    <${Lines} row=${row} />
    ${hidden ? html`<span class="map__label">${hidden.length} more runs</span>` : html`<${Words} row=${row} catalogue=${catalogue} />`}
  </li>`;
}

function Words({ row: { run, isHead }, catalogue }) {
  const sign = SIGNS[run.status];
  return html`<span class="map__number">${run.number}</span>
    <span class="map__label" dir="auto"><${MaskedText} text=${run.label || "Without words"} cut /></span>
    ${run.pinned && html`<span class="map__sign"><${Icon} name="pin" size=${13} /><span class="visually-hidden">pinned</span></span>`}
    ${sign && html`<span class="map__sign map__sign--${run.status}"><${Icon} name=${sign} size=${13} /><span class="visually-hidden">${STATUS[run.status]}</span></span>`}
    ${isHead && html`<span class="chip">shown</span>`}
    <span class="map__who">${nameOf(catalogue.agents, run.agent)}</span>
    <time class="map__time" datetime=${run.created_at}>${moment(run.created_at)}</time>`;
}

const at = (column) => Math.min(column, MOST_COLUMNS) * COLUMN + COLUMN / 2;

/** The lines of a row: those that pass by, its own, and the bend with which a branch begins. */
function Lines({ row: { column, rails, above, below, begins, isHead, hidden } }) {
  const width = (Math.min(Math.max(column, ...rails, 0), MOST_COLUMNS) + 1) * COLUMN;
  const x = at(column);
  const middle = HEIGHT / 2;
  const paths = [
    ...rails.map((rail) => `M${at(rail)} 0V${HEIGHT}`),
    above && `M${x} 0V${middle}`,
    below && `M${x} ${middle}V${HEIGHT}`,
    begins && `M${at(column - 1)} 0C${at(column - 1)} ${middle} ${x - 8} ${middle} ${x} ${middle}`,
  ];
  return html`<svg class="map__lines" width=${width} height=${HEIGHT} viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">
    <path d=${paths.filter(Boolean).join("")} />
    ${hidden ? html`<path class="map__dots" d="M${x} ${middle - 6}v12" />` : html`<circle cx=${x} cy=${middle} r=${isHead ? 5.5 : 4} />`}
  </svg>`;
}
