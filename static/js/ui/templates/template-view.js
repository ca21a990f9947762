// A template of somebody else: what it does and asks for.
import { html } from "../../lib/preact.js";
import { TYPES } from "../../state/template-form.js";
import { Steps } from "./steps.js";

export function TemplateView({ template, workspace }) {
  const { id, owner, description, commands, parameters, archived } = template;
  return html`<section class="settings" aria-label="Template">
    <p class="settings__hint">By ${owner}, shared with you.</p>
    ${description && html`<p dir="auto">${description}</p>`}
    <section>
      <h3>What it does</h3>
      <${Steps} commands=${commands} label="Commands" workspace=${workspace} />
    </section>
    ${parameters.length > 0 && html`<section><h3>What it asks for</h3><${Asked} parameters=${parameters} /></section>`}
    ${
      !archived &&
      html`<div class="settings__save">
        <button type="button" class="button button--primary" onClick=${() => workspace.dialog("start-template", { id })}>Start …</button>
      </div>`
    }
  </section>`;
}

/** Parameters in a line each. */
export function Asked({ parameters }) {
  return html`<ul class="asked-view">
    ${parameters.map(
      ({ name, label, type, required, default: standard }) =>
        html`<li key=${name}>
          <span>${label || name}</span>
          <span class="settings__hint">
            ${[nameOfType(type), required ? "needed" : "", standard === undefined ? "" : `else ${String(standard)}`].filter(Boolean).join(", ")}
          </span>
        </li>`,
    )}
  </ul>`;
}

const nameOfType = (wanted) => (TYPES.find(({ type }) => type === wanted)?.label ?? wanted).toLowerCase();
