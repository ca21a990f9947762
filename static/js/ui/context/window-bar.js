// A model's window as one bar of its parts, and the list of them.
import { html } from "../../lib/preact.js";
import { segmentsOf } from "../../state/context.js";
import { wholeNumber } from "../format.js";

const HEIGHT = 16; // px
const GAP = 0.15; // percent between two parts

/** `context` as `GET threads/{id}/context/` has it. Drawn with attributes alone: the page's policy allows no inline style. */
export function WindowBar({ context }) {
  const parts = segmentsOf(context);
  return html`<div class="window">
    <svg class="window__bar" width="100%" height=${HEIGHT} aria-hidden="true">
      ${parts.map(
        ({ name, from, until }) =>
          html`<rect key=${name} class="window__part window__part--${name}" x=${`${(from * 100).toFixed(3)}%`} width=${percent(until - from, GAP)} height=${HEIGHT} />`,
      )}
    </svg>
    <dl class="window__parts">
      ${parts.map(
        ({ name, label, tokens }) =>
          html`<div key=${name} class="window__entry">
            <dt><span class="window__key window__key--${name}" aria-hidden="true"></span>${label}</dt>
            <dd>${wholeNumber(tokens)}</dd>
          </div>`,
      )}
    </dl>
  </div>`;
}

const percent = (share, less) => `${Math.max(0.3, share * 100 - less).toFixed(3)}%`; // what there is can be seen
