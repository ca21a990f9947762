// The frame of everything that a display tool shows: its title, what can be done with it, and the thing itself.
import { html } from "../../lib/preact.js";
import { MaskedText, useMasks } from "../masks.js";

export function Exhibit({ title, kind, actions, children }) {
  const { reveal } = useMasks();
  return html`<figure class="exhibit exhibit--${kind}" aria-label=${reveal(title) || kind}>
    <figcaption class="exhibit__head">
      <span class="exhibit__title" dir="auto"><${MaskedText} text=${title} /></span>
      <span class="exhibit__actions">${actions}</span>
    </figcaption>
    ${children}
  </figure>`;
}
