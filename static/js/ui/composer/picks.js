// What was picked for the message that is being written: an agent, a skill. Each can be taken back.
import { html } from "../../lib/preact.js";
import { labelOf, nameOf } from "../../state/catalogue.js";
import { AgentIcon } from "../agents/agent-icon.js";
import { Icon, IconButton } from "../icons.js";

export function Picks({ composer, catalogue, agent, skill, also }) {
  if (!agent && !skill && also.length === 0) return null;
  const find = (slug) => catalogue.agents.find((one) => one.slug === slug) ?? { slug };
  return html`<ul class="picks" aria-label="For this message">
    ${
      agent &&
      html`<${Pick} name=${labelOf(find(agent))} label="Do not ask ${labelOf(find(agent))}" onRemove=${() => composer.pick({ agent: "" })}
        ><${AgentIcon} agent=${find(agent)} size="small" /><//
      >`
    }
    ${
      skill &&
      html`<${Pick}
        name=${nameOf(catalogue.skills, skill)}
        label="Without ${nameOf(catalogue.skills, skill)}"
        onRemove=${() => composer.pick({ skill: "" })}
        ><${Icon} name="book" size=${14} /><//
      >`
    }
    ${also.map((one, index) => {
      const name = [one.agent && labelOf(find(one.agent)), one.model && nameOf(catalogue.models, one.model)].filter(Boolean).join(" · ");
      const rest = also.filter((_, place) => place !== index);
      return html`<${Pick} key=${`${one.agent}/${one.model}`} name="also ${name}" label="Do not ask ${name} as well" onRemove=${() => composer.pick({ also: rest })}
        ><${Icon} name="layers" size=${14} /><//
      >`;
    })}
  </ul>`;
}

function Pick({ name, label, onRemove, children }) {
  const remove = () => {
    onRemove();
    document.getElementById("composer-text").focus();
  };
  return html`<li class="pick">
    ${children}<span class="pick__name">${name}</span>
    <${IconButton} name="close" size=${12} label=${label} onClick=${remove} />
  </li>`;
}
