// The skills that the person may use: their own, to make and change, and those of others, to look at.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { SkillEditor } from "./skill-editor.js";
import { WhatIsASkill } from "./what-is-a-skill.js";

/** `detail` is `{slug}` where one skill is to be shown first. */
export function SkillsDialog({ workspace, detail, onClose }) {
  const skills = useStore(workspace.catalogue, (catalogue) => catalogue.skills);
  const [shown, show] = useState(detail?.slug ?? null); // a slug, "" for a new skill, null for the list
  const content = useFocusOnChange(shown);
  const title = shown === null ? "Skills" : (skills.find(({ slug }) => slug === shown)?.name ?? "New skill");
  return html`<${Dialog} title=${title} onClose=${onClose} class="dialog--wide">
    <div ref=${content}>${
      shown === null
        ? html`<${SkillLists} skills=${skills} onShow=${show} />`
        : html`<button type="button" class="link-button back" onClick=${() => show(null)}>
              <${Icon} name="arrowBack" size=${14} /> All skills
            </button>
            <${SkillEditor} key=${shown} slug=${shown} workspace=${workspace} onShow=${show} />`
    }</div>
  <//>`;
}

/** What had the focus is gone when something else is shown: it goes on with the first thing there. */
function useFocusOnChange(shown) {
  const content = useRef(null);
  const before = useRef(shown);
  useEffect(() => {
    if (before.current === shown) return;
    before.current = shown;
    content.current.querySelector(shown === "" ? "input" : "button").focus();
  }, [shown]);
  return content;
}

function SkillLists({ skills, onShow }) {
  const own = skills.filter((skill) => skill.own);
  const others = skills.filter((skill) => !skill.own);
  const make = html`<button type="button" class="button button--primary" onClick=${() => onShow("")}>
    <${Icon} name="plus" size=${16} /> New skill
  </button>`;
  return html`<div class="settings">
    <section aria-labelledby="skills-own">
      <div class="skills-head"><h3 id="skills-own">Your skills</h3>${own.length > 0 && make}</div>
      ${
        own.length > 0
          ? html`<${SkillList} skills=${own} label="Your skills" onShow=${onShow} />`
          : html`<${WhatIsASkill}>${make}<//>`
      }
    </section>
    ${
      others.length > 0 &&
      html`<section aria-labelledby="skills-others">
        <h3 id="skills-others">Skills of others that you may use</h3>
        <${SkillList} skills=${others} label="Skills of others" onShow=${onShow} />
      </section>`
    }
  </div>`;
}

function SkillList({ skills, label, onShow }) {
  return html`<ul class="skill-list skill-list--framed" aria-label=${label}>
    ${skills.map(
      (skill) =>
        html`<li key=${skill.slug}>
          <button type="button" class="skill-entry" onClick=${() => onShow(skill.slug)}>
            <span class="agent-icon"><${Icon} name="book" size=${16} /></span>
            <span class="skill-entry__text"
              ><span class="skill-entry__name">${skill.name}</span
              ><span class="skill-entry__note">${skill.trigger}</span></span
            >
            <span class="skill-entry__facts">${factsOf(skill)}</span>
          </button>
        </li>`,
    )}
  </ul>`;
}

function factsOf({ sources = [], groups = [], own, everyone, enabled }) {
  const broken = sources.filter(({ error }) => error).length;
  const facts = [
    enabled === false && "switched off",
    sources.length > 0 && `${sources.length} ${sources.length === 1 ? "source" : "sources"}`,
    broken > 0 && `${broken} with an error`,
    own && (everyone || groups.length > 0) && "shared",
  ];
  return facts.filter(Boolean).join(", ");
}
