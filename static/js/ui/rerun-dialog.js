// Runs an input again, beside the first time, with another agent or model.
import { html, useState } from "../lib/preact.js";
import { labelOf } from "../state/catalogue.js";
import { useStore } from "../state/store.js";
import { Dialog } from "./dialog.js";
import { Agents, Models } from "./picker-choices.js";

export function RerunDialog({ workspace, detail: run, onClose }) {
  const catalogue = useStore(workspace.catalogue);
  const [chosen, choose] = useState({ agent: run.agent, model: "" });
  const agent = catalogue.agents.find(({ slug }) => slug === chosen.agent);
  const again = () => {
    onClose();
    workspace.runs.rerun(run, chosen.model ? chosen : { agent: chosen.agent });
  };
  return html`<${Dialog} title="Run again with …" onClose=${onClose} class="dialog--wide">
    <p class="picker__hint">
      The same question is answered once more, by whom you choose. What was answered before stays beside it.
    </p>
    <div class="picker">
      <${Agents} catalogue=${catalogue} chosen=${chosen.agent} onSelect=${(slug) => choose({ ...chosen, agent: slug })} />
      <${Models} catalogue=${catalogue} agent=${agent} chosen=${chosen.model} onSelect=${(slug) => choose({ ...chosen, model: slug })} />
    </div>
    <div class="dialog__actions">
      <button type="button" class="button" onClick=${onClose}>Cancel</button>
      <button type="button" class="button button--primary" onClick=${again}>Ask ${labelOf(agent)}</button>
    </div>
  <//>`;
}
