// Two texts: what went and what came between them, or each by itself.
import { html, useLayoutEffect, useRef } from "../../lib/preact.js";
import { MarkdownView } from "../../render/markdown-view.js";
import { MaskedText, useMasks, WithBook } from "../masks.js";

const FOLD = 600; // characters of what is equal in the middle, from which on it is folded
const SHOWN = 160; // of them that stay, at either end

/** `sides` are those of the comparison: what went is of the first one's conversation, what came of the second's. */
export function Differences({ diff, sides: [a, b], of, workspace }) {
  if (diff.ops.length === 0) return html`<p class="compare__note">Neither says anything.</p>`;
  return html`<div class="compare__text difference" dir="auto">
    ${diff.ops.map(
      ({ op, text }, index) =>
        html`<${WithBook} key=${index} workspace=${workspace} thread=${(op === "insert" ? b : a).thread} text=${(op === "insert" ? b : a)[of]}>
          ${
            op === "equal"
              ? html`<${Equal} text=${text} first=${index === 0} last=${index === diff.ops.length - 1} />`
              : html`<${op === "insert" ? "ins" : "del"}><${MaskedText} text=${text} /><//>`
          }
        <//>`,
    )}
  </div>`;
}

/** Much that is equal is folded: what differs is looked for. */
function Equal({ text, first, last }) {
  const head = first ? 0 : SHOWN;
  const tail = last ? 0 : SHOWN;
  if (text.length <= FOLD) return html`<${MaskedText} text=${text} />`;
  const [from, until] = [wordEnd(text, head), wordEnd(text, text.length - tail)];
  return html`<${MaskedText} text=${text.slice(0, from)} />
    <details class="difference__fold">
      <summary>${(until - from).toLocaleString()} characters that are the same</summary>
      <${MaskedText} text=${text.slice(from, until)} />
    </details>
    <${MaskedText} text=${text.slice(until)} />`;
}

/** A place at or behind `place` where no word, and no token, is cut. */
function wordEnd(text, place) {
  if (place <= 0) return 0;
  const space = text.indexOf(" ", place);
  return space === -1 || space > place + 80 ? Math.min(place, text.length) : space;
}

export function SideBySide({ sides, of, workspace }) {
  return html`<div class="beside">
    ${sides.map(
      (side, index) =>
        html`<div class="beside__side" key=${index} role="group" aria-label=${`Run ${side.run.number}`}>
          <p class="beside__name">Run ${side.run.number}</p>
          <${WithBook} workspace=${workspace} thread=${side.thread} text=${side[of]}>
            ${side[of] ? html`<${Rendered} text=${side[of]} />` : html`<p class="compare__note">Nothing.</p>`}
          <//>
        </div>`,
    )}
  </div>`;
}

function Rendered({ text }) {
  const container = useRef(null);
  const view = useRef(null);
  const masks = useMasks();
  useLayoutEffect(() => {
    view.current ??= new MarkdownView(container.current);
    view.current.update(text, { streaming: false, masks });
  }, [text, masks]);
  useLayoutEffect(() => () => view.current?.destroy(), []);
  return html`<div class="prose" dir="auto" ref=${container}></div>`;
}
