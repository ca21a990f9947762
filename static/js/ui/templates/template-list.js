// The list of templates: mine, shared with me, archived.
import { html, useState } from "../../lib/preact.js";
import { sorted } from "../../state/templates.js";
import { Icon } from "../icons.js";
import { MenuButton } from "../menu.js";

const MANY = 6; // from here on the list can be searched

/** `onShow(id)` shows one to change it, `""` makes a new one. */
export function TemplateList({ workspace, templates, onShow }) {
  const [typed, setTyped] = useState("");
  const { own, shared, archived } = sorted(templates, typed);
  const list = (listed, label) =>
    html`<${Listed} workspace=${workspace} templates=${listed} label=${label} onShow=${onShow} />`;
  const isNone = own.length + shared.length + archived.length === 0;
  const make = html`<button type="button" class="button button--primary" onClick=${() => onShow("")}>
    <${Icon} name="plus" size=${16} /> New template
  </button>`;
  return html`<div class="settings">
    <div class="templates__bar">
      ${
        templates.length >= MANY &&
        html`<input
          class="picker__search"
          type="search"
          placeholder="Search templates"
          aria-label="Search templates"
          value=${typed}
          onInput=${({ target }) => setTyped(target.value)}
        />`
      }
      ${templates.length > 0 && make}
    </div>
    ${templates.length === 0 && html`<${WhatIsATemplate}>${make}<//>`}
    ${templates.length > 0 && isNone && html`<p class="settings__hint" role="status">No template is like “${typed.trim()}”.</p>`}
    ${own.length > 0 && html`<section aria-labelledby="templates-own"><h3 id="templates-own">Yours</h3>${list(own, "Your templates")}</section>`}
    ${
      shared.length > 0 &&
      html`<section aria-labelledby="templates-shared"><h3 id="templates-shared">Shared with you</h3>${list(shared, "Templates that are shared with you")}</section>`
    }
    ${
      archived.length > 0 &&
      html`<details class="templates__archived" open=${Boolean(typed.trim())}>
        <summary>${archived.length} archived</summary>
        ${list(archived, "Archived templates")}
      </details>`
    }
  </div>`;
}

function Listed({ workspace, templates, label, onShow }) {
  return html`<ul class="rows" aria-label=${label}>
    ${templates.map((template) => html`<${Row} key=${template.id} workspace=${workspace} template=${template} onShow=${onShow} />`)}
  </ul>`;
}

function Row({ workspace, template, onShow }) {
  const { id, name, description, mine, archived } = template;
  const start = () => workspace.dialog("start-template", { id });
  const archive = () => workspace.attempt(() => workspace.templates.update(id, { archived: !archived }));
  const items = [
    !archived && { label: "Start …", icon: "play", onSelect: start },
    { label: mine ? "Change" : "Look at it", icon: mine ? "pencil" : "eye", onSelect: () => onShow(id) },
    !archived && { label: "Schedule …", icon: "clock", onSelect: () => workspace.dialog("schedules", { id: "", template: id }) },
    mine && { label: archived ? "Restore" : "Archive", icon: "archive", onSelect: archive },
  ];
  return html`<li class="template-row">
    <button type="button" class="template-row__main" onClick=${archived ? () => onShow(id) : start}>
      <span class="template-row__name" dir="auto">${name}</span>
      ${description && html`<span class="template-row__about" dir="auto">${description}</span>`}
      <span class="template-row__facts">${factsOf(template).map((fact) => html`<span key=${fact}>${fact}</span>`)}</span>
    </button>
    <${MenuButton} label="Actions for ${name}" items=${items} />
  </li>`;
}

function factsOf({ slug, version, parameters, schedules = 0, groups = [], mine, owner }) {
  const facts = [
    `/template ${slug}`,
    parameters.length > 0 && `asks for ${parameters.map(({ label, name }) => label || name).join(", ")}`,
    version > 1 && `version ${version}`,
    schedules > 0 && `${schedules} ${schedules === 1 ? "schedule" : "schedules"}`,
    mine ? groups.length > 0 && `shared with ${groups.join(", ")}` : `by ${owner}`,
  ];
  return facts.filter(Boolean);
}

function WhatIsATemplate({ children }) {
  return html`<div class="empty">
    <p>
      A template is something that you ask for again and again, written once: with commands in their order, and with places
      that are filled in each time. Start it with <code>/template</code> in a message, from here, or by a schedule.
      “Save as template” in a run’s menu makes one of what you have asked already.
    </p>
    ${children}
  </div>`;
}
