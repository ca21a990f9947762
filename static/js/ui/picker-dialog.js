// Who answers: an agent, and the model that it answers with.
import { html, useState } from "../lib/preact.js";
import { answerer, defaultModel, labelOf } from "../state/catalogue.js";
import { nothing, useStore } from "../state/store.js";
import { Dialog } from "./dialog.js";
import { shortNumber } from "./format.js";

const NO_MODEL = "There is no model that you may use.";
const MANY = 8; // from here on the models can be searched

export function PickerDialog({ workspace, onClose }) {
  const catalogue = useStore(workspace.catalogue);
  const session = useStore(workspace.session);
  const thread = useStore(session?.state ?? nothing, (state) => state?.thread);
  const choice = useStore(workspace.choice);
  const chosen = (session ? thread : choice) ?? {};
  const { agent } = answerer(catalogue, chosen);
  return html`<${Dialog} title="Who answers?" onClose=${onClose} class="dialog--wide">
    <div class="picker">
      <fieldset class="picker__group">
        <legend>Agent</legend>
        ${catalogue.agents.map(
          (one) =>
            html`<${Option}
              key=${one.slug}
              group="agent"
              label=${labelOf(one)}
              note=${one.description}
              checked=${one === agent}
              onSelect=${() => workspace.choose({ agent: one.slug })}
            />`,
        )}
        ${catalogue.agents.length === 0 && html`<p class="picker__none">There is no agent that you may use.</p>`}
      </fieldset>
      <${Models} workspace=${workspace} catalogue=${catalogue} agent=${agent} chosen=${chosen} />
    </div>
    <div class="dialog__actions">
      <button type="button" class="button button--primary" onClick=${onClose}>Done</button>
    </div>
  <//>`;
}

function Models({ workspace, catalogue, agent, chosen }) {
  const [query, setQuery] = useState("");
  const { models } = catalogue;
  const found = models.filter((model) => `${labelOf(model)} ${model.slug}`.toLowerCase().includes(query.toLowerCase()));
  const standard = defaultModel(catalogue, agent);
  const note = standard ? `${labelOf(standard)}, ${abilities(standard)}` : "";
  return html`<fieldset class="picker__group">
    <legend>Model</legend>
    ${
      models.length > MANY &&
      html`<input
        class="picker__search"
        type="search"
        placeholder="Search models"
        aria-label="Search models"
        onInput=${({ target }) => setQuery(target.value)}
      />`
    }
    ${
      !query &&
      html`<${Option}
        group="model"
        label="As ${labelOf(agent) || "the agent"} prefers"
        note=${note}
        checked=${!chosen.model}
        onSelect=${() => workspace.choose({ model: "" })}
      />`
    }
    ${found.map(
      (model) =>
        html`<${Option}
          key=${model.slug}
          group="model"
          label=${labelOf(model)}
          note=${abilities(model)}
          checked=${chosen.model === model.slug}
          onSelect=${() => workspace.choose({ model: model.slug })}
        />`,
    )}
    ${found.length === 0 && html`<p class="picker__none">${query ? "No model has this name." : NO_MODEL}</p>`}
  </fieldset>`;
}

function abilities({ provider, context_window, capabilities: { vision, tools, reasoning } }) {
  const facts = [provider, context_window && `${shortNumber(context_window)} tokens`];
  if (vision) facts.push("sees images");
  if (reasoning) facts.push("thinks aloud");
  if (tools) facts.push("uses tools");
  return facts.filter(Boolean).join(", ");
}

function Option({ group, label, note, checked, onSelect }) {
  return html`<label class="option ${checked ? "option--checked" : ""}">
    <input type="radio" name=${group} checked=${checked} autofocus=${checked} onChange=${onSelect} />
    <span class="option__text"
      ><span class="option__label">${label}</span>${note && html`<span class="option__note">${note}</span>`}</span
    >
  </label>`;
}
