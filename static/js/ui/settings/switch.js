// A switch: on or off at once, unlike a box in a form that is saved later.
import { html } from "../../lib/preact.js";

/** `label` and `note` say what it switches. A switch that somebody else decides is `disabled`. */
export function Switch({ label, note, on, disabled, onChange }) {
  return html`<label class="switch ${disabled ? "switch--fixed" : ""}">
    <span class="switch__text"
      ><span class="switch__label">${label}</span>${note && html`<span class="switch__note">${note}</span>`}</span
    >
    <input
      type="checkbox"
      role="switch"
      class="switch__box"
      checked=${on}
      disabled=${disabled}
      onChange=${({ target }) => onChange(target.checked)}
    />
  </label>`;
}
