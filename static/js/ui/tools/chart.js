// A chart: bars and lines over labels, or a ring of shares. Its values are read by pointer, by keyboard, or as a table.
import { html, useMemo, useRef, useState } from "../../lib/preact.js";
import { layOut } from "../../render/chart.js";
import { cut, measureIn, pageFont } from "../../render/text-size.js";
import { IconButton } from "../icons.js";
import { drawnMark, MaskedText, useMasks } from "../masks.js";
import { Exhibit } from "./exhibit.js";
import { Ring } from "./ring.js";
import { Grid } from "./table.js";
import { tickText, withUnits } from "./units.js";
import { useWidth } from "./use-width.js";

const FONT = 12; // px

export function Chart({ value: chart }) {
  const [asTable, setAsTable] = useState(false);
  const turn = html`<${IconButton}
    name=${asTable ? "chart" : "table"}
    size=${16}
    label=${asTable ? "Show the chart" : "Show the values as a table"}
    onClick=${() => setAsTable(!asTable)}
  />`;
  const { revealJson } = useMasks();
  const read = useMemo(() => revealJson(chart), [chart, revealJson]);
  const Drawing = chart.type === "pie" ? Ring : Plot;
  return html`<${Exhibit} title=${chart.title} kind="chart" actions=${turn}>
    ${asTable ? html`<${Grid} table=${asGrid(chart)} label=${`Values of ${read.title}`} />` : html`<${Drawing} chart=${chart} read=${read} />`}
  <//>`;
}

function asGrid({ labels, series, units, xTitle }) {
  const columns = series.map(({ name }) => ({ name: units ? `${name} (${units})` : name, kind: "number" }));
  return {
    columns: [{ name: xTitle || "Label", kind: "text" }, ...columns],
    rows: labels.map((label, index) => [label, ...series.map(({ values }) => values[index])]),
  };
}

/** `read` is the chart with what its tokens stand for. */
function Plot({ chart, read }) {
  const masks = useMasks();
  const box = useRef(null);
  const width = useWidth(box);
  const [at, setAt] = useState(-1);
  const height = Math.round(Math.min(320, Math.max(220, width * 0.5)));
  const measure = useMemo(() => measureIn(pageFont(FONT)), []);
  const drawing = useMemo(() => layOut(read, { width, height, measure, format: tickText }), [read, width, height]);
  const last = chart.labels.length - 1;
  const point = ({ clientX }) => {
    const x = clientX - box.current.getBoundingClientRect().left;
    const far = drawing.slots.map((slot) => Math.abs(slot.x - x));
    setAt(far.indexOf(Math.min(...far)));
  };
  const move = (event) => {
    const next = { ArrowRight: Math.min(at + 1, last), ArrowLeft: Math.max(at - 1, 0), Home: 0, End: last, Escape: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    setAt(next);
  };
  return html`<div class="chart">
    <${Legend} chart=${chart} />
    <div
      class="chart__plot"
      ref=${box}
      tabindex="0"
      role="group"
      aria-roledescription="chart"
      aria-label=${`${describe(read)} Use the arrow keys to hear the values.`}
      onPointerMove=${point}
      onPointerDown=${point}
      onPointerLeave=${() => setAt(-1)}
      onBlur=${() => setAt(-1)}
      onKeyDown=${move}
    >
      <svg width=${width} height=${height} viewBox=${`0 0 ${width} ${height}`} aria-hidden="true">
        <${Axes} chart=${read} marks=${marksOf(chart, masks)} drawing=${drawing} width=${width} height=${height} measure=${measure} at=${at} />
        ${chart.type === "bar" ? html`<${Bars} bars=${drawing.bars} at=${at} />` : html`<${Lines} lines=${drawing.lines} at=${at} />`}
      </svg>
      <${Readout} chart=${chart} drawing=${drawing} at=${at} width=${width} />
    </div>
  </div>`;
}

const KINDS = { bar: "Bar chart", line: "Line chart" };

const describe = ({ type, title, labels, series }) =>
  `${KINDS[type]}${title ? `: ${title}` : ""}. ${series.map(({ name }) => name).join(", ")}; ${labels.length} labels from ${labels[0]} to ${labels.at(-1)}.`;

function Legend({ chart: { series, units, type } }) {
  if (series.length === 1 && !units) return null;
  return html`<p class="legend">
    ${
      series.length > 1 &&
      series.map(
        ({ name }, index) =>
          html`<span class="legend__item" key=${index}><${Swatch} type=${type} index=${index} /> <span dir="auto"><${MaskedText} text=${name} /></span></span>`,
      )
    }
    ${units && html`<span class="legend__units"><${MaskedText} text=${units} /></span>`}
  </p>`;
}

/** A series' colour; in a line chart also the mark of its points: nobody needs to tell colours apart. */
function Swatch({ type, index }) {
  return html`<svg class="swatch" width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">
    ${
      type === "line"
        ? html`<path class="chart__line series-${index + 1}" d="M-7 0H7" /><${Mark} index=${index} x=${0} y=${0} />`
        : html`<rect class="chart__bar series-${index + 1}" x="-5.5" y="-5.5" width="11" height="11" rx="2.5" />`
    }
  </svg>`;
}

/** The marks of what is written at its axes, where something in that is masked. */
const marksOf = ({ labels, xTitle }, masks) => ({
  labels: labels.map((label) => drawnMark(masks, label)),
  xTitle: drawnMark(masks, xTitle),
});

function Tick({ mark, x, y, text }) {
  return html`<text class="chart__tick ${mark ? mark.name : ""}" x=${x} y=${y} text-anchor="middle">
    ${mark && html`<title>${mark.title}</title>`}${text}
  </text>`;
}

function Axes({ chart, marks, drawing: { plot, ticks, zero, slots }, width, height, measure, at }) {
  const middle = (plot.left + plot.right) / 2;
  return html`<g>
    ${ticks.map(
      ({ label, y }) => html`<g key=${label}>
        <path class="chart__grid" d=${`M${plot.left} ${Math.round(y) + 0.5}H${plot.right}`} />
        <text class="chart__tick" x=${plot.left - 8} y=${y + 4} text-anchor="end">${label}</text>
      </g>`,
    )}
    <path class="chart__zero" d=${`M${plot.left} ${Math.round(zero) + 0.5}H${plot.right}`} />
    ${at >= 0 && html`<path class="chart__cursor" d=${`M${slots[at].x} ${plot.top}V${plot.bottom}`} />`}
    ${slots.map(({ x, label, shown, room }, index) => {
      if (!shown) return null;
      const text = cut(label, Math.max(room, 24), measure);
      const half = measure(text) / 2;
      const inside = Math.min(Math.max(x, half + 2), width - half - 2);
      return html`<${Tick} key=${index} mark=${marks.labels[index]} x=${inside} y=${plot.bottom + 18} text=${text} />`;
    })}
    ${chart.xTitle && html`<${Tick} mark=${marks.xTitle} x=${middle} y=${height - 6} text=${chart.xTitle} />`}
  </g>`;
}

function Bars({ bars, at }) {
  return html`<g>
    ${bars.map(
      (bar) =>
        bar.height > 0 &&
        html`<rect
          key=${`${bar.at}/${bar.index}`}
          class="chart__bar series-${bar.index + 1} ${at >= 0 && at !== bar.at ? "chart__bar--away" : ""}"
          x=${bar.x}
          y=${bar.y}
          width=${bar.width}
          height=${bar.height}
          rx=${Math.min(2.5, bar.width / 4, bar.height / 2)}
        />`,
    )}
  </g>`;
}

const MOST_MARKS = 40; // points of a line that are marked; of more, only the one that is read

function Lines({ lines, at }) {
  return html`<g>
    ${lines.map(
      ({ index, paths, points }) => html`<g key=${index}>
        ${paths.map((path) => html`<path class="chart__line series-${index + 1}" d=${path} />`)}
        ${points
          .filter((point) => points.length <= MOST_MARKS || point.at === at)
          .map((point) => html`<${Mark} key=${point.at} index=${index} x=${point.x} y=${point.y} large=${point.at === at} />`)}
      </g>`,
    )}
  </g>`;
}

const MARKS = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
  "M-3.2-3.2h6.4v6.4h-6.4z",
  "M0-4.2 4 3H-4z",
  "M0-4.4 4.4 0 0 4.4-4.4 0z",
  "M0 4.2-4-3H4z",
  "M-4-1.4h2.6v-2.6h2.8v2.6H4v2.8H1.4V4h-2.8V1.4H-4z",
  "M-4.2 0-2-3.6h4L4.2 0 2 3.6h-4z",
  "M-1.6-4h3.2v8h-3.2z",
];

function Mark({ index, x, y, large }) {
  return html`<path
    class="chart__mark series-${index + 1}"
    d=${MARKS[index % MARKS.length]}
    transform=${`translate(${x} ${y})${large ? " scale(1.35)" : ""}`}
  />`;
}

/** The values at one label, beside it. */
function Readout({ chart: { labels, series, units, type, stacked }, drawing: { slots }, at, width }) {
  const shown = at >= 0;
  const onRight = shown && slots[at].x > width / 2;
  const place = shown ? { left: `${onRight ? slots[at].x - 12 : slots[at].x + 12}px` } : {};
  return html`<div class="readout ${shown ? "" : "readout--none"} ${onRight ? "readout--left" : ""}" style=${place} role="status">
    ${
      shown &&
      html`<p class="readout__label" dir="auto"><${MaskedText} text=${labels[at]} /></p>
        ${series.map(
          ({ name, values }, index) =>
            html`<p class="readout__value">
              <${Swatch} type=${type} index=${index} /> <span dir="auto"><${MaskedText} text=${name} /></span>
              <strong>${withUnits(values[at], units)}</strong>
            </p>`,
        )}
        ${
          stacked &&
          html`<p class="readout__value readout__sum">
            <span>Together</span> <strong>${withUnits(sumAt(series, at), units)}</strong>
          </p>`
        }`
    }
  </div>`;
}

const sumAt = (series, at) => Number(series.reduce((sum, { values }) => sum + (values[at] ?? 0), 0).toPrecision(12));
