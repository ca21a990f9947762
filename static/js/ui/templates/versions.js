// What a template said before: each version with its note, and the way back to it.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { moment } from "../format.js";
import { Steps } from "./steps.js";
import { Asked } from "./template-view.js";

/** Read when they are looked at, and again with each new one. `onRestored(text)` is told what was done. */
export function Versions({ template, workspace, onRestored }) {
  const [open, setOpen] = useState(false);
  const [versions, setVersions] = useState(null);
  const [problem, setProblem] = useState("");
  const attempt = async (request) => {
    try {
      await request();
      setProblem("");
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => {
    if (open) attempt(async () => setVersions((await api.templateVersions(template.id)).results));
  }, [open, template.version]);
  const restore = (number) =>
    attempt(async () => {
      const { version } = await workspace.templates.restore(template.id, number);
      onRestored(`Version ${number} holds again, as version ${version}.`);
    });
  return html`<details class="versions" onToggle=${({ target }) => setOpen(target.open)}>
    <summary>Versions <span class="settings__hint">${template.version}</span></summary>
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
    ${open && !versions && !problem && html`<p class="settings__hint" role="status">One moment …</p>`}
    <ol class="rows versions__list" reversed>
      ${versions?.map((version) => html`<${Version} key=${version.number} version=${version} template=${template} workspace=${workspace} onRestore=${restore} />`)}
    </ol>
  </details>`;
}

function Version({ version, template, workspace, onRestore }) {
  const { number, note, created_at: at, commands, parameters } = version;
  const isCurrent = number === template.version;
  return html`<li class="version">
    <details>
      <summary>
        <span class="version__number">Version ${number}</span>
        <span class="version__note" dir="auto">${note}</span>
        <time class="settings__hint" datetime=${at}>${moment(at)}</time>
      </summary>
      <${Steps} commands=${commands} label="Commands of version ${number}" workspace=${workspace} />
      ${parameters.length > 0 && html`<${Asked} parameters=${parameters} />`}
    </details>
    ${
      isCurrent
        ? html`<span class="settings__hint version__now">holds now</span>`
        : html`<button type="button" class="button button--small" aria-label="Restore version ${number}" onClick=${() => onRestore(number)}>Restore</button>`
    }
  </li>`;
}
