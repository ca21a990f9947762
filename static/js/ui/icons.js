// Line icons, drawn on a 20 × 20 grid. They say nothing by themselves: the control that holds one is labelled.
import { html } from "../lib/preact.js";

const PATHS = {
  archive: "M3 4.5h14v3H3zM4.5 7.5v8h11v-8M8 10.5h4",
  arrowDown: "M10 4v12M5 11l5 5 5-5",
  arrowUp: "M10 16V4M5 9l5-5 5 5",
  attach: "M3.5 5h13v10.5h-13zM3.5 13l3.5-3.5 3 3 2.5-2.5 4 4M12.6 8.1h.01",
  bolt: "M11 2.5 4.5 11.5h5L9 17.5l6.5-9h-5z",
  check: "m4 10.5 4 4 8-9",
  chevron: "m6 8 4 4 4-4",
  clock: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6.5V10l2.5 1.5",
  close: "m5 5 10 10M15 5 5 15",
  copy: "M7 7h9.5v9.5H7zM4.5 13H3.5V3.5H13v1",
  help: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M8 8a2 2 0 1 1 2.8 1.85c-.5.2-.8.65-.8 1.15v.3M10 13.6h.01",
  leave: "M11 3.5H4.5v13H11M8.5 10H17M13.5 6.5 17 10l-3.5 3.5",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  moon: "M16.5 11.8A6.8 6.8 0 0 1 8.2 3.5a6.8 6.8 0 1 0 8.3 8.3z",
  more: "M3.6 10a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0M8.6 10a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0M13.6 10a1.4 1.4 0 1 0 2.8 0a1.4 1.4 0 1 0-2.8 0",
  pencil: "m4 13.5-.5 3 3-.5L16 6.5 13.5 4zM11.5 6l2.5 2.5",
  pin: "m12 3.5 4.5 4.5-2 .5-2.8 2.8-.4 3.2-5.8-5.8 3.2-.4L11.5 5.5zM8.2 11.8 3.5 16.5",
  plus: "M10 4v12M4 10h12",
  redo: "M16 10a6 6 0 1 1-1.9-4.4M16.2 2.8v3.4h-3.4",
  search: "M9 3.5a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M13.1 13.1l3.7 3.7",
  send: "M10 16V4.5M5 9l5-5 5 5",
  sliders: "M3 6.5h7M14 6.5h3M10 6.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0M3 13.5h3M10 13.5h7M6 13.5a2 2 0 1 0 4 0a2 2 0 1 0-4 0",
  stop: "M6 6h8v8H6z",
  sun: "M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6M10 2.5v1.5M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
  system: "M10 3v3M10 14v3M3 10h3M14 10h3M7.5 7.5h5v5h-5z",
  trash: "M4 5.5h12M8 5.5V3.5h4v2M5.5 5.5l.7 11h7.6l.7-11M8.5 8.5v5M11.5 8.5v5",
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
