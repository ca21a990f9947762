// Line icons, drawn on a 20 × 20 grid. They say nothing by themselves: the control that holds one is labelled.
import { html } from "../lib/preact.js";

const PATHS = {
  archive: "M3 4.5h14v3H3zM4.5 7.500v8h11v-8M8 10.500h4",
  arrowDown: "M10 4v12M5 11l5 5 5-5",
  arrowUp: "M10 16V4M5 9l5-5 5 5",
  attach: "M3.5 5h13v10.500h-13zM3.5 13l3.5-3.5 3 3 2.5-2.5 4 4M12.6 8.100h.01",
  bolt: "M11 2.5 4.5 11.500h5L9 17.500l6.5-9h-5z",
  check: "m4 10.5 4 4 8-9",
  chevron: "m6 8 4 4 4-4",
  clock: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M10 6.500V10l2.5 1.5",
  close: "m5 5 10 10M15 5 5 15",
  copy: "M7 7h9.500v9.500H7zM4.5 13H3.500V3.500H13v1",
  gear: "M10 7.300a2.7 2.7 0 1 1 0 5.4 2.7 2.7 0 0 1 0-5.400M10 2.500v2.200M10 15.300v2.200M2.5 10h2.200M15.3 10h2.200M4.7 4.700l1.56 1.560M13.74 13.740l1.56 1.560M4.7 15.300l1.56-1.560M13.74 6.260l1.56-1.56",
  help: "M10 3a7 7 0 1 1 0 14 7 7 0 0 1 0-14M8 8a2 2 0 1 1 2.8 1.850c-.5.2-.8.65-.8 1.150v.3M10 13.600h.01",
  menu: "M3 5.500h14M3 10h14M3 14.500h14",
  moon: "M16.5 11.800A6.8 6.8 0 0 1 8.2 3.500a6.8 6.8 0 1 0 8.3 8.300z",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  pencil: "m4 13.5-.5 3 3-.5L16 6.5 13.5 4zM11.5 6l2.5 2.5",
  pin: "m12 3.5 4.5 4.5-2 .5-2.8 2.8-.4 3.2-5.8-5.8 3.2-.4L11.5 5.500zM8.2 11.8 3.5 16.5",
  plus: "M10 4v12M4 10h12",
  redo: "M16 10a6 6 0 1 1-1.9-4.400M16.2 2.800v3.400h-3.4",
  search: "M9 3.500a5.5 5.5 0 1 1 0 11 5.5 5.5 0 0 1 0-11M13.1 13.100l3.7 3.7",
  send: "M10 16V4.500M5 9l5-5 5 5",
  sidebar: "M3 4h14v12H3zM8 4v12",
  stop: "M6 6h8v8H6z",
  sun: "M10 7a3 3 0 1 1 0 6 3 3 0 0 1 0-6M10 2.500v1.500M10 16v1.500M2.5 10H4M16 10h1.500M4.7 4.700l1 1M14.3 14.300l1 1M4.7 15.300l1-1M14.3 5.700l1-1",
  system: "M10 3v3M10 14v3M3 10h3M14 10h3M7.5 7.500h5v5h-5z",
  trash: "M4 5.500h12M8 5.500V3.500h4v2M5.5 5.500l.7 11h7.600l.7-11M8.5 8.500v5M11.5 8.500v5",
  warning: "M10 3.5 17 16H3zM10 8v4M10 13.900h.01",
};

const FILLED = new Set(["stop"]);

/** An icon by name, hidden from assistive technology. */
export function Icon({ name, size = 18 }) {
  const fill = FILLED.has(name) ? "currentColor" : "none";
  return html`<svg class="icon" width=${size} height=${size} viewBox="0 0 20 20" fill=${fill} stroke="currentColor"
    stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;
}

/** A button that shows only an icon; `label` is its name and its tooltip. */
export function IconButton({ name, label, class: className = "", size, ...rest }) {
  return html`<button type="button" class="icon-button ${className}" aria-label=${label} title=${label} ...${rest}>
    <${Icon} name=${name} size=${size} />
  </button>`;
}
