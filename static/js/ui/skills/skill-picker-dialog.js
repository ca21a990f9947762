// Picks a skill for the message that is being written.
import { html, useState } from "../../lib/preact.js";
import { matching } from "../../state/completion.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { WhatIsASkill } from "./what-is-a-skill.js";

export function SkillPickerDialog({ workspace, onClose }) {
  const skills = useStore(workspace.catalogue, (catalogue) => catalogue.skills).filter(({ enabled }) => enabled !== false);
  const picked = useStore(workspace.composer.store, (draft) => draft.skill);
  const [query, setQuery] = useState("");
  const found = query ? inNameOrTrigger(skills, query) : skills;
  const pick = (slug) => {
    workspace.composer.pick({ skill: slug === picked ? "" : slug });
    onClose();
  };
  const manage = () => workspace.dialog("skills");
  return html`<${Dialog} title="Which skill?" focusAfter="composer-text" onClose=${onClose}>
    ${skills.length === 0 && html`<${WhatIsASkill} />`}
    ${
      skills.length > 0 &&
      html`<input
        class="skill-search"
        type="search"
        autofocus
        placeholder="Search skills"
        aria-label="Search skills"
        onInput=${({ target }) => setQuery(target.value.trim())}
      />`
    }
    <ul class="skill-list" aria-label="Skills">
      ${found.map(
        (skill) =>
          html`<li key=${skill.slug}>
            <button
              type="button"
              class="skill-entry"
              aria-pressed=${String(skill.slug === picked)}
              onClick=${() => pick(skill.slug)}
            >
              <span class="agent-icon"><${Icon} name=${skill.slug === picked ? "check" : "book"} size=${16} /></span>
              <span class="skill-entry__text"
                ><span class="skill-entry__name">${skill.name}</span
                ><span class="skill-entry__note">${skill.trigger}</span></span
              >
            </button>
          </li>`,
      )}
    </ul>
    ${query && found.length === 0 && html`<p class="settings__hint" role="status">No skill is about “${query}”.</p>`}
    <div class="dialog__actions dialog__actions--apart">
      <button type="button" class="link-button" onClick=${manage}>${skills.length ? "Manage skills" : "Make a skill"}</button>
    </div>
  <//>`;
}

function inNameOrTrigger(skills, query) {
  const byName = matching(skills, query);
  const words = query.toLocaleLowerCase();
  const others = skills.filter((skill) => !byName.includes(skill) && skill.trigger.toLocaleLowerCase().includes(words));
  return [...byName, ...others];
}
