// A diagram of boxes and arrows, laid out here; a large one can be zoomed, and scrolls.
import { html, useId, useLayoutEffect, useMemo, useRef, useState } from "../../lib/preact.js";
import { layOut } from "../../render/diagram.js";
import { measureIn, pageFont, wrap } from "../../render/text-size.js";
import { IconButton } from "../icons.js";
import { drawnMark, useMasks } from "../masks.js";
import { Exhibit } from "./exhibit.js";

const FONT = { node: 13.5, label: 12 }; // px
const LINE = { node: 18, label: 15 };
const WIDEST = { node: 170, label: 130 };
const MOST_LINES = { node: 5, label: 3 };
const ZOOM = { step: 1.25, least: 0.3, most: 2.5, fit: 0.6 };
// How much larger than its text a shape has to be: [factor, px] across and down.
const ROOM = {
  box: { x: [1, 28], y: [1, 20] },
  round: { x: [1, 36], y: [1, 20] },
  diamond: { x: [1.45, 30], y: [1.6, 22] },
  circle: { x: [1.3, 20], y: [1.3, 20] },
  database: { x: [1, 30], y: [1, 34] },
};

export function Diagram({ value }) {
  const masks = useMasks();
  const diagram = useMemo(() => marked(masks.revealJson(value), value, masks), [value, masks]);
  const drawing = useMemo(() => measured(diagram), [diagram]);
  const frame = useRef(null);
  const [zoom, setZoom] = useState(1);
  const fit = () => setZoom(Math.min(1, Math.max(ZOOM.fit, (frame.current.clientWidth - 2) / drawing.width)));
  useLayoutEffect(fit, [drawing]);
  const change = (factor) => setZoom((known) => Math.min(ZOOM.most, Math.max(ZOOM.least, known * factor)));
  const actions = html`<${IconButton} name="minus" size=${16} label="Smaller" onClick=${() => change(1 / ZOOM.step)} />
    <button type="button" class="exhibit__zoom" title="Fit the width" onClick=${fit}>${Math.round(zoom * 100)}%</button>
    <${IconButton} name="plus" size=${16} label="Larger" onClick=${() => change(ZOOM.step)} />`;
  return html`<${Exhibit} title=${value.title} kind="diagram" actions=${actions}>
    <div class="diagram" ref=${frame} tabindex="0" role="region" aria-label=${`Diagram ${diagram.title}`}>
      <${Drawing} drawing=${drawing} zoom=${zoom} title=${diagram.title} />
    </div>
    <${InWords} diagram=${diagram} />
  <//>`;
}

/** A diagram as it is read, its labels with their marks; `written` is what the model wrote. */
function marked(read, written, masks) {
  const withMarks = (parts, origins) => parts.map((part, index) => ({ ...part, mark: drawnMark(masks, origins[index].label) }));
  return { ...read, nodes: withMarks(read.nodes, written.nodes), edges: withMarks(read.edges, written.edges) };
}

function measured(diagram) {
  const [node, label] = ["node", "label"].map((kind) => {
    const measure = measureIn(pageFont(FONT[kind], kind === "node" ? 500 : 400));
    return (text) => {
      const lines = wrap(text, { width: WIDEST[kind], most: MOST_LINES[kind], measure });
      return { lines, width: Math.max(...lines.map(measure)), height: lines.length * LINE[kind] };
    };
  });
  const sizeOf = ({ label: text, shape }) => {
    const { width, height } = node(text);
    const { x, y } = ROOM[shape] ?? ROOM.box;
    const size = { width: Math.max(64, width * x[0] + x[1]), height: height * y[0] + y[1] };
    if (shape !== "circle") return size;
    const side = Math.max(size.width, size.height);
    return { width: side, height: side };
  };
  const labelSizeOf = ({ label: text }) => {
    const { width, height } = label(text);
    return { width: width + 12, height: height + 4 };
  };
  const drawing = layOut(diagram, { sizeOf, labelSizeOf });
  return {
    ...drawing,
    nodes: drawing.nodes.map((one) => ({ ...one, lines: node(one.label).lines })),
    edges: drawing.edges.map((one) => (one.labelAt ? { ...one, lines: label(one.label).lines } : one)),
  };
}

function Drawing({ drawing: { width, height, nodes, edges }, zoom, title }) {
  const arrow = useId();
  return html`<svg
    class="diagram__drawing"
    width=${Math.round(width * zoom)}
    height=${Math.round(height * zoom)}
    viewBox=${`0 0 ${width} ${height}`}
    role="img"
    aria-label=${title}
  >
    <defs>
      <marker id=${arrow} viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="8" markerHeight="8" orient="auto">
        <path class="diagram__tip" d="M0.5 1 9 5 0.5 9z" />
      </marker>
    </defs>
    ${edges.map(({ path }, index) => html`<path key=${index} class="diagram__edge" d=${path} marker-end=${`url(#${arrow})`} />`)}
    ${edges.filter(({ labelAt }) => labelAt).map((edge, index) => html`<${EdgeLabel} key=${index} edge=${edge} />`)}
    ${nodes.map((node) => html`<${Node} key=${node.id} node=${node} />`)}
  </svg>`;
}

function EdgeLabel({ edge: { labelAt, lines, mark } }) {
  const { x, y, width, height } = labelAt;
  return html`<g>
    <rect class="diagram__label-ground" x=${x - width / 2} y=${y - height / 2} width=${width} height=${height} rx="4" />
    <${Lines} lines=${lines} x=${x} y=${y} step=${LINE.label} name="diagram__label" mark=${mark} />
  </g>`;
}

function Node({ node: { x, y, width, height, shape, lines, mark } }) {
  const down = shape === "database" ? 6 : 0;
  return html`<g>
    <${Shape} shape=${shape} x=${x - width / 2} y=${y - height / 2} width=${width} height=${height} />
    <${Lines} lines=${lines} x=${x} y=${y + down} step=${LINE.node} name="diagram__text" mark=${mark} />
  </g>`;
}

function Shape({ shape, x, y, width, height }) {
  const [middle, half] = [x + width / 2, y + height / 2];
  switch (shape) {
    case "diamond":
      return html`<path class="diagram__node diagram__node--diamond" d=${`M${middle} ${y}L${x + width} ${half}L${middle} ${y + height}L${x} ${half}Z`} />`;
    case "circle":
      return html`<circle class="diagram__node" cx=${middle} cy=${half} r=${width / 2} />`;
    case "database": {
      const [rx, ry, low] = [width / 2, 7, y + height - 7];
      const side = `M${x} ${y + ry}V${low}A${rx} ${ry} 0 0 0 ${x + width} ${low}V${y + ry}`;
      return html`<g>
        <path class="diagram__node" d=${`${side}A${rx} ${ry} 0 0 0 ${x} ${y + ry}Z`} />
        <path class="diagram__rim" d=${`M${x} ${y + ry}A${rx} ${ry} 0 0 0 ${x + width} ${y + ry}`} />
      </g>`;
    }
    default: {
      const radius = shape === "round" ? Math.min(height / 2, 20) : 6;
      return html`<rect class="diagram__node" x=${x} y=${y} width=${width} height=${height} rx=${radius} />`;
    }
  }
}

function Lines({ lines, x, y, step, name, mark }) {
  const first = y - ((lines.length - 1) * step) / 2;
  return html`<text class="${name} ${mark ? mark.name : ""}" text-anchor="middle" dominant-baseline="central">
    ${mark && html`<title>${mark.title}</title>`}
    ${lines.map((line, index) => html`<tspan key=${index} x=${x} y=${first + index * step}>${line}</tspan>`)}
  </text>`;
}

/** The same for those who cannot see it. */
function InWords({ diagram: { nodes, edges } }) {
  const nameOf = (id) => nodes.find((node) => node.id === id).label;
  return html`<ul class="visually-hidden" aria-label="The diagram in words">
    ${edges.map(({ from, to, label }) => html`<li>${nameOf(from)} to ${nameOf(to)}${label && `: ${label}`}</li>`)}
    ${edges.length === 0 && nodes.map(({ label }) => html`<li>${label}</li>`)}
  </ul>`;
}
