// What goes on in a conversation that is not being looked at, as a small sign: each has a form of its own, and a name.
import { html } from "../../lib/preact.js";
import { MARKS, markOf } from "../../state/thread-marks.js";
import { Icon } from "../icons.js";

const ICONS = { waiting: "raised", failed: "warning" };

/** The mark of a thread, or of all threads in a closed folder. */
export function Mark({ threads, current }) {
  const name = markOf(threads, current);
  if (!name) return null;
  const { label, title } = MARKS[name];
  return html`<span class="sign sign--${name}" role="img" aria-label=${label} title=${title}>
    ${ICONS[name] && html`<${Icon} name=${ICONS[name]} size=${15} />`}
  </span>`;
}
