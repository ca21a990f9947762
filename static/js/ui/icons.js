// Line icons, drawn on a 20 × 20 grid. They say nothing by themselves: the control that holds one is labelled.
import { html } from "../lib/preact.js";

const PATHS = {
  archive: "M3 4.5h14v3H3zM4.5 7.5v8h11v-8M8 10.5h4",
  arrowBack: "M16 10H4M9 5l-5 5 5 5",
  arrowDown: "M10 4v12M5 11l5 5 5-5",
  arrowUp: "M10 16V4M5 9l5-5 5 5",
  attach: "M3.5 5h13v10.5h-13zM3.5 13l3.5-3.5 3 3 2.5-2.5 4 4M12.6 8.1h.01",
  bell: "M10 3.5a4.5 4.5 0 0 1 4.5 4.5c0 3.6 1.5 5 1.5 5.5H4c0-.5 1.5-1.9 1.5-5.5A4.5 4.5 0 0 1 10 3.5M8.5 16a1.6 1.6 0 0 0 3 0",
  book: "M10 5.5c-1.6-1.2-3.8-1.7-6.5-1.5v11c2.7-.2 4.9.3 6.5 1.5 1.6-1.2 3.8-1.7 6.5-1.5V4c-2.7-.2-4.9.3-6.5 1.5zM10 5.5v11",
  bolt: "M11 2.5 4.5 11.5h5L9 17.5l6.5-9h-5z",
  bookmark: "M6 3.5h8v13l-4-3-4 3z",
  branch: "M6 3.5v13M6 6.5c0 4 8 2 8 6v4M4 14.5l2 2 2-2M12 14.5l2 2 2-2",
  bubble: "M3.5 4.5h13v9h-7L6 16.5v-3H3.5z",
  chart: "M4 16.5V11M8 16.5V7M12 16.5v-7M16 16.5V4",
  check: "m4 10.5 4 4 8-9",
  chevron: "m6 8 4 4 4-4",
  columns: "M3.5 4.5h5.5v11H3.5zM11 4.5h5.5v11H11z",
  command: "M6 8h8v4H6zM6 8H4.8A1.8 1.8 0 1 1 6 6.2zM14 8h1.2A1.8 1.8 0 1 0 14 6.2zM6 12H4.8A1.8 1.8 0 1 0 6 13.8zM14 12h1.2a1.8 1.8 0 1 1-1.2 1.8z",
  clock: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6.5V10l2.5 1.5",
  close: "m5 5 10 10M15 5 5 15",
  compare: "M7 3.5 3.5 7 7 10.5M3.5 7H13M13 9.5l3.5 3.5-3.5 3.5M16.5 13H7",
  copy: "M7 7h9.5v9.5H7zM4.5 13H3.5V3.5H13v1",
  cut: "M5.5 4.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6M5.5 12.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6M7 7 16.5 14M7 13l9.5-7",
  diagram: "M7 3.5h6V7H7zM3 13h5v3.5H3zM12 13h5v3.5h-5zM10 7v3M5.5 13v-3h9v3",
  document: "M5 3h7l3.5 3.5V17H5zM12 3v3.5h3.5M7.5 10h5M7.5 13h5",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  eye: "M2.5 10c1.8-3.4 4.4-5.2 7.5-5.2s5.7 1.8 7.5 5.2c-1.8 3.4-4.4 5.2-7.5 5.2S4.3 13.4 2.5 10M10 7.6a2.4 2.4 0 1 1 0 4.8 2.4 2.4 0 0 1 0-4.8",
  eyeOff: "M3.5 3.5l13 13M8 5.1A7.6 7.6 0 0 1 10 4.8c3.1 0 5.7 1.8 7.5 5.2a11 11 0 0 1-2.3 3M5 6.6A10.6 10.6 0 0 0 2.5 10c1.8 3.4 4.4 5.2 7.5 5.2a7.6 7.6 0 0 0 3-.6",
  folder: "M3 15.5v-11h5l1.8 2H17v9z",
  folderOpen: "M3 15.5v-11h5l1.8 2H15V9M3 15.5 5.3 9H18l-2.2 6.5z",
  gauge: "M3.8 14.5a7 7 0 1 1 12.4 0M10 12.2l3-4M10 12.2h.01",
  group: "M3.5 4h9v4.5h-9zM7.5 11.5h9V16h-9zM5.5 8.5v5h2",
  globe: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M3 10h14M10 3c2 2 3 4.4 3 7s-1 5-3 7c-2-2-3-4.4-3-7s1-5 3-7",
  grip: "M7.5 5h.01M12.5 5h.01M7.5 10h.01M12.5 10h.01M7.5 15h.01M12.5 15h.01",
  handOn: "M4 4.5v4a3 3 0 0 0 3 3h9M12.5 8l3.5 3.5-3.5 3.5",
  help: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M8 8a2 2 0 1 1 2.8 1.85c-.5.2-.8.65-.8 1.15v.3M10 13.6h.01",
  join: "M4 5h3c3 0 3 5 6 5h3.5M4 15h3c3 0 3-5 6-5M13.5 7l3 3-3 3",
  key: "M3.5 10a3.2 3.2 0 1 0 6.4 0a3.2 3.2 0 1 0-6.4 0M9.9 10h6.6v3M13.5 10v2",
  layers: "m10 3.5 7 3.5-7 3.5L3 7zM3.5 10.5 10 14l6.5-3.5M3.5 13.8 10 17l6.5-3.2",
  leave: "M11 3.5H4.5v13H11M8.5 10H17M13.5 6.5 17 10l-3.5 3.5",
  link: "M8.3 11.7a3 3 0 0 0 4.3 0l3-3a3 3 0 0 0-4.3-4.3l-.9.9M11.7 8.3a3 3 0 0 0-4.3 0l-3 3a3 3 0 0 0 4.3 4.3l.9-.9",
  map: "M6 3.2a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2M6 13.6a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2M14 8.4a1.6 1.6 0 1 0 0 3.2 1.6 1.6 0 0 0 0-3.2M6 6.4v7.2M6 8c0 2 2.5 2 6.4 2",
  mask: "M3 6.5c4.4-1.3 9.6-1.3 14 0 .5 4.8-1.2 8-4 8-1.6 0-2-1.7-3-1.7s-1.4 1.7-3 1.7c-2.8 0-4.5-3.2-4-8M6.2 9.6c.9-.6 1.8-.6 2.5 0M11.3 9.6c.7-.6 1.6-.6 2.5 0",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  minus: "M4 10h12",
  moon: "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
  more: "M3.6 10a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0M8.6 10a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0M13.6 10a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0",
  next: "m8 5 5 5-5 5",
  outline: "M7.5 5H17M7.5 10H17M7.5 15H14M3.5 5h.01M3.5 10h.01M3.5 15h.01",
  pencil: "m4 13.5-.5 3 3-.5L16 6.5 13.5 4zM11.5 6l2.5 2.5",
  pin: "m12 3.5 4.5 4.5-2 .5-2.8 2.8-.4 3.2-5.8-5.8 3.2-.4L11.5 5.5zM8.2 11.8 3.5 16.5",
  play: "M6.5 4.5v11l9-5.5z",
  plug: "M7.5 3v4M12.5 3v4M5.5 7h9v2.5a4.5 4.5 0 0 1-9 0zM10 14v3",
  plus: "M10 4v12M4 10h12",
  previous: "m12 5-5 5 5 5",
  raised: "M6.5 10.5v-5a1.2 1.2 0 0 1 2.4 0V9M8.9 8.5V4a1.2 1.2 0 0 1 2.4 0v5M11.3 8.7V5a1.2 1.2 0 0 1 2.4 0v6.5a5 5 0 0 1-9.3 2.5L3.3 11.7c-.5-1.2 1.1-2 1.9-1l1.3 1.6",
  redo: "M16 10a6 6 0 1 1-1.9-4.4M16.2 2.8v3.4h-3.4",
  search: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M13.1 13.1l3.7 3.7",
  select: "M3.5 3.5h13v13h-13zM6.5 10l2.5 2.6 4.7-5.2",
  send: "M10 16V4.5M5 9l5-5 5 5",
  share: "M10 12.5V3.5M6.5 6.8 10 3.3l3.5 3.5M5.5 9.5H4v7h12v-7h-1.5",
  shield: "m10 3 6 2v5c0 3.6-2.4 6-6 7-3.6-1-6-3.4-6-7V5z",
  sliders: "M3 6.5h7M14 6.5h3M10 6.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0M3 13.5h3M10 13.5h7M6 13.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  stop: "M6 6h8v8H6z",
  summary: "M4 4.5h12M4 8h12M4 11.5h5M10.5 14l2.5 2.5 2.5-2.5M13 10.5v6",
  sun: "M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
  system: "M10 3v3M10 14v3M3 10h3M14 10h3M7.5 7.5h5v5h-5z",
  table: "M3.5 4.5h13v11h-13zM3.5 8h13M3.5 11.8h13M8 8v7.5",
  tag: "M3.5 3.5h6.3l6.7 6.7-6.3 6.3-6.7-6.7zM7 7h.01",
  template: "M4 3.5h12v4H4zM4 11h5v5.5H4zM12 11h4M12 13.7h4M12 16.5h4",
  thumbDown: "M13.5 4v7.5M3.8 11.5h4.7l-.8 3.6c-.2 1.2 1.4 1.9 2 .8l3.8-5V4H6.2c-.7 0-1.3.4-1.5 1.1l-1.4 5c-.2.7.1 1.4.5 1.4M13.5 4h3v7h-3",
  thumbUp: "M6.5 16V8.5M16.2 8.5h-4.7l.8-3.6c.2-1.2-1.4-1.9-2-.8l-3.8 5V16h7.3c.7 0 1.3-.4 1.5-1.1l1.4-5c.2-.7-.1-1.4-.5-1.4M6.5 16h-3V9h3",
  trash: "M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5",
  upload: "M10 13V3.5M6 7.5l4-4 4 4M4 16.5h12",
  undo: "M4 10a6 6 0 1 0 1.9-4.4M3.8 2.8v3.4h3.4",
  warning: "M10 3.5 17 16H3zM10 8v4M10 13.9h.01",
  wrench:
    "M12.7 3.6a4.1 4.1 0 0 0-4.8 5.3l-4.5 4.5a2.05 2.05 0 0 0 2.9 2.9l4.5-4.5a4.1 4.1 0 0 0 5.3-4.9l-2.4 2.3-2.7-.7-.7-2.6z",
};

const FILLED = new Set(["more", "stop"]);

/** An icon by name, hidden from assistive technology. */
export function Icon({ name, size = 18 }) {
  const [fill, stroke] = FILLED.has(name) ? ["currentColor", "none"] : ["none", "currentColor"];
  return html`<svg
    class="icon"
    width=${size}
    height=${size}
    viewBox="0 0 20 20"
    fill=${fill}
    stroke=${stroke}
    stroke-width="1.6"
    stroke-linecap="round"
    stroke-linejoin="round"
    aria-hidden="true"
  >
    <path d=${PATHS[name]} />
  </svg>`;
}

/** A button that shows only an icon; `label` is its name and its tooltip. */
export function IconButton({ name, label, class: className = "", size, ...rest }) {
  return html`<button type="button" class="icon-button ${className}" aria-label=${label} title=${label} ...${rest}>
    <${Icon} name=${name} size=${size} />
  </button>`;
}
