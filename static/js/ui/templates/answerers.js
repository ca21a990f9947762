// Who answers: an agent and a model, or whoever answers otherwise.
import { html } from "../../lib/preact.js";
import { labelOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { Field } from "../field.js";

/** `agent` and `model` are slugs, `""` for none; `onChange` gets the one that has changed. */
export function Answerers({ workspace, agent, model, onChange }) {
  const { agents, models } = useStore(workspace.catalogue);
  return html`<div class="field-row">
    <${Field}
      label="Agent"
      value=${agent ?? ""}
      options=${choices(agents, agent, "Whoever answers there")}
      onChange=${({ target }) => onChange({ agent: target.value })}
    />
    <${Field}
      label="Model"
      value=${model ?? ""}
      options=${choices(models, model, "As the agent prefers")}
      onChange=${({ target }) => onChange({ model: target.value })}
    />
  </div>`;
}

/** Choices of a list of things with slugs; one that is chosen and not there any more is among them. */
export function choices(list, chosen, none) {
  const known = list.map((one) => ({ value: one.slug, label: labelOf(one) }));
  const isGone = chosen && !known.some(({ value }) => value === chosen);
  return [{ value: "", label: none }, ...known, ...(isGone ? [{ value: chosen, label: `${chosen} (not there)` }] : [])];
}
