// Lists of agents and of models to choose from.
import { html, useState } from "../lib/preact.js";
import { defaultModel, labelOf } from "../state/catalogue.js";
import { AgentIcon } from "./agents/agent-icon.js";
import { shortNumber } from "./format.js";

const NO_MODEL = "There is no model that you may use.";
const MANY = 8; // from here on the models can be searched

/** `chosen` is the slug of the agent that is checked; `children` stand below the list. */
export function Agents({ catalogue, chosen, onSelect, children }) {
  return html`<fieldset class="picker__group">
    <legend>Agent</legend>
    ${catalogue.agents.map(
      (one) =>
        html`<${Option}
          key=${one.slug}
          group="agent"
          label=${labelOf(one)}
          note=${one.description}
          icon=${html`<${AgentIcon} agent=${one} />`}
          checked=${one.slug === chosen}
          onSelect=${() => onSelect(one.slug)}
        />`,
    )}
    ${children}
    ${catalogue.agents.length === 0 && html`<p class="picker__none">There is no agent that you may use.</p>`}
  </fieldset>`;
}

/** `chosen` is the slug of the model that is checked, empty for the one that the agent prefers. */
export function Models({ catalogue, agent, chosen, onSelect }) {
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
        checked=${!chosen}
        onSelect=${() => onSelect("")}
      />`
    }
    ${found.map(
      (model) =>
        html`<${Option}
          key=${model.slug}
          group="model"
          label=${labelOf(model)}
          note=${abilities(model)}
          checked=${chosen === model.slug}
          onSelect=${() => onSelect(model.slug)}
        />`,
    )}
    ${found.length === 0 && html`<p class="picker__none">${query ? "No model has this name." : NO_MODEL}</p>`}
  </fieldset>`;
}

function abilities({ provider, context_window, anonymous_only: anonymousOnly, capabilities: { vision, tools, reasoning } }) {
  const facts = [provider, context_window && `${shortNumber(context_window)} tokens`];
  if (vision) facts.push("sees images");
  if (reasoning) facts.push("thinks aloud");
  if (tools) facts.push("uses tools");
  if (anonymousOnly) facts.push("only anonymously");
  return facts.filter(Boolean).join(", ");
}

function Option({ group, label, note, icon, checked, onSelect }) {
  return html`<label class="option ${checked ? "option--checked" : ""}">
    <input type="radio" name=${group} checked=${checked} autofocus=${checked} onChange=${onSelect} />
    ${icon}
    <span class="option__text"
      ><span class="option__label">${label}</span>${note && html`<span class="option__note">${note}</span>`}</span
    >
  </label>`;
}
