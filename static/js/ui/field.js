// A labelled field of a form, with its hint and what is wrong with it.
import { html, useId } from "../lib/preact.js";

/** `rows` makes it one of several lines, `options` (`[{value, label}]`) one to choose from; the rest goes to the control. */
export function Field({ label, hint, problem, rows, options, value, class: className = "", children, ...rest }) {
  const id = useId();
  const about = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(" ");
  const shared = {
    ...rest,
    id,
    value,
    autocomplete: "off",
    "aria-describedby": about || undefined,
    "aria-invalid": problem ? "true" : undefined,
  };
  return html`<div class="field ${className}">
    <label for=${id}>${label}</label>
    ${options ? html`<${Select} attributes=${shared} options=${options} />` : rows ? html`<textarea ...${shared} rows=${rows} dir="auto"></textarea>` : html`<input ...${shared} dir="auto" />`}
    ${children}
    ${problem && html`<p class="field__error" id="${id}-problem" role="alert">${problem}</p>`}
    ${hint && html`<p class="settings__hint" id="${id}-hint">${hint}</p>`}
  </div>`;
}

const Select = ({ attributes: { value, autocomplete: _none, ...attributes }, options }) =>
  html`<select ...${attributes}>
    ${options.map((option) => html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
  </select>`;
