// One of a few ways, each with what it means.
import { html } from "../../lib/preact.js";

/** `options`: `[{value, label, note?}]`. */
export function Choice({ name, legend, options, value, onChange }) {
  return html`<fieldset class="settings__choice exchange-choice">
    <legend>${legend}</legend>
    ${options.map(
      (option) =>
        html`<label class="option ${option.value === value ? "option--checked" : ""}" key=${option.value}>
          <input type="radio" name=${name} checked=${option.value === value} onChange=${() => onChange(option.value)} />
          <span class="option__text"
            ><span class="option__name">${option.label}</span>${option.note && html`<span class="option__note">${option.note}</span>`}</span
          >
        </label>`,
    )}
  </fieldset>`;
}
