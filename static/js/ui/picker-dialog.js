// Who answers: an agent, and the model that it answers with; and who else is asked, so that their answers can be compared.
import { Fragment, html, useState } from "../lib/preact.js";
import { answerer, labelOf } from "../state/catalogue.js";
import { nothing, useStore } from "../state/store.js";
import { InspectorDialog } from "./agents/inspector-dialog.js";
import { Dialog } from "./dialog.js";
import { IconButton } from "./icons.js";
import { Agents, Models } from "./picker-choices.js";

const MOST_ALSO = 5; // beside the one that answers in the thread

export function PickerDialog({ workspace, onClose }) {
  const catalogue = useStore(workspace.catalogue);
  const session = useStore(workspace.session);
  const thread = useStore(session?.state ?? nothing, (state) => state?.thread);
  const choice = useStore(workspace.choice);
  const chosen = (session ? thread : choice) ?? {};
  const picked = useStore(workspace.composer.store, (draft) => draft.agent);
  const { agent } = answerer(catalogue, picked ? { ...chosen, agent: picked } : chosen);
  const [inspected, inspect] = useState(null);
  const dialog = html`<${Dialog} title="Who answers?" onClose=${onClose} class="dialog--wide">
    <div class="picker">
      <${Agents} catalogue=${catalogue} chosen=${agent?.slug} onSelect=${(slug) => workspace.choose({ agent: slug })}>
        ${
          agent &&
          html`<button
            type="button"
            class="link-button picker__inspect"
            aria-haspopup="dialog"
            onClick=${() => inspect(agent.slug)}
          >
            What does ${labelOf(agent)} do?
          </button>`
        }
      <//>
      <${Models} catalogue=${catalogue} agent=${agent} chosen=${chosen.model} onSelect=${(slug) => workspace.choose({ model: slug })} />
    </div>
    <${Several} composer=${workspace.composer} catalogue=${catalogue} agent=${agent} />
    <div class="dialog__actions">
      <button type="button" class="button button--primary" onClick=${onClose}>Done</button>
    </div>
  <//>`;
  return html`<${Fragment}>
    ${dialog}
    ${
      inspected &&
      html`<${InspectorDialog} workspace=${workspace} detail=${{ slug: inspected }} onClose=${() => inspect(null)} />`
    }
  <//>`;
}

/** Others that are asked the next message at the same time. Their answers stand side by side, and the best one is kept. */
function Several({ composer, catalogue, agent }) {
  const also = useStore(composer.store, (draft) => draft.also);
  const [next, choose] = useState({ agent: "", model: "" });
  const isFull = also.length >= MOST_ALSO;
  const change = (list) => composer.pick({ also: list });
  const add = () => {
    const one = { agent: next.agent || agent?.slug, ...(next.model && { model: next.model }) };
    change([...also, one]);
  };
  return html`<fieldset class="picker__several">
    <legend>Ask several at once</legend>
    <p class="picker__hint">
      The next message goes to these, too. Their answers stand side by side, and you keep the best one.
    </p>
    ${
      also.length > 0 &&
      html`<ul class="picker__also" aria-label="Also asked">
        ${also.map((one, index) => {
          const name = nameOfOne(catalogue, one);
          return html`<li key=${index} class="pick">
            <span class="pick__name">${name}</span>
            <${IconButton} name="close" size=${12} label="Do not ask ${name}" onClick=${() => change(also.filter((_, place) => place !== index))} />
          </li>`;
        })}
      </ul>`
    }
    <div class="field-row field-row--end">
      <${Choice} label="Agent" list=${catalogue.agents} none=${`The same: ${labelOf(agent)}`} value=${next.agent} onChoose=${(slug) => choose({ ...next, agent: slug })} />
      <${Choice} label="Model" list=${catalogue.models} none="As the agent prefers" value=${next.model} onChoose=${(slug) => choose({ ...next, model: slug })} />
      <button type="button" class="button" disabled=${isFull} onClick=${add}>Ask this one, too</button>
    </div>
    ${isFull && html`<p class="picker__hint" role="status">Six can be asked at once.</p>`}
  </fieldset>`;
}

const nameOfOne = ({ agents, models }, { agent, model }) =>
  [labelOf(agents.find(({ slug }) => slug === agent)), model && labelOf(models.find(({ slug }) => slug === model))].filter(Boolean).join(" · ");

function Choice({ label, list, none, value, onChoose }) {
  const id = `also-${label.toLowerCase()}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${({ target }) => onChoose(target.value)}>
      <option value="">${none}</option>
      ${list.map((one) => html`<option key=${one.slug} value=${one.slug}>${labelOf(one)}</option>`)}
    </select>
  </div>`;
}
