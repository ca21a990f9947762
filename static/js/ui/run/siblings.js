// ‹ 2/3 ›: which of the attempts at a turn is shown, and the way to the others, each with what was said after it.
import { html } from "../../lib/preact.js";
import { Icon } from "../icons.js";

/** `siblings` are the ids of all attempts, oldest first; nothing is drawn where there is but one. */
export function Siblings({ run, siblings = [], session }) {
  const place = siblings.indexOf(run.id);
  if (siblings.length < 2 || place === -1) return null;
  const go = (event, way, id) => {
    if (!id) return;
    const { top } = event.currentTarget.closest(".run").getBoundingClientRect();
    session.show(id, { beside: true, top, focus: `[data-way=${way}]` });
  };
  return html`<span class="siblings" role="group" aria-label="Attempt ${place + 1} of ${siblings.length}">
    <${Way} way="previous" label="Previous attempt" id=${siblings[place - 1]} onGo=${go} />
    <span class="siblings__place" aria-hidden="true">${place + 1}/${siblings.length}</span>
    <${Way} way="next" label="Next attempt" id=${siblings[place + 1]} onGo=${go} />
  </span>`;
}

/** At either end it stays, and does nothing: the focus is not to be lost. */
function Way({ way, label, id, onGo }) {
  return html`<button
    type="button"
    class="siblings__way"
    data-way=${way}
    aria-label=${label}
    title=${label}
    aria-disabled=${String(!id)}
    onClick=${(event) => onGo(event, way, id)}
  >
    <${Icon} name=${way} size=${15} />
  </button>`;
}
