// Facts about the person that agents are told: to see, add, correct and forget, and to switch off altogether.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { settingOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { moment } from "../format.js";
import { IconButton } from "../icons.js";
import { Origin } from "./origin.js";
import { Switch } from "./switch.js";

const LONGEST = 500; // characters of a fact

export function MemorySettings({ workspace }) {
  const catalogue = useStore(workspace.catalogue);
  const [facts, setFacts] = useState(null);
  const [problem, setProblem] = useState("");
  const on = settingOf(catalogue, "memory", true);
  const isForbidden = valueOfSite(catalogue.effective.memory) === false;

  /** Does something, then reads the facts again; `false` where it was refused. */
  const attempt = async (request) => {
    setProblem("");
    try {
      await request?.();
      setFacts((await api.facts()).results);
      return true;
    } catch (error) {
      setProblem(error.message);
      return false;
    }
  };
  useEffect(() => {
    attempt();
  }, []);

  return html`<div class="settings">
    <div>
      <${Switch}
        label="Remember facts about me"
        note=${
          isForbidden
            ? "The site has switched this off: no agent is told any of these facts."
            : "Agents are told what is in this list, and may add to it. While this is off they get none of it."
        }
        on=${on}
        disabled=${isForbidden}
        onChange=${(memory) => attempt(() => workspace.changeSettings({ memory }))}
      />
      <${Origin} catalogue=${catalogue} name="memory" />
    </div>
    ${problem && html`<p class="alert" role="alert">${problem}</p>`}
    ${
      facts?.length > 0
        ? html`<ul class="rows ${on ? "" : "rows--off"}" aria-label="Facts">
            ${facts.map((fact) => html`<${Fact} key=${fact.id} fact=${fact} attempt=${attempt} />`)}
          </ul>`
        : facts &&
          html`<p class="empty">
            Nothing is remembered yet. Tell what every agent should know about you: where you live, what you work on, what you
            never eat.
          </p>`
    }
    <${NewFact} attempt=${attempt} />
  </div>`;
}

const valueOfSite = (setting) => setting?.layers.find(({ layer }) => layer === "site")?.value;

function Fact({ fact, attempt }) {
  const [editing, setEditing] = useState(false);
  if (editing) return html`<${ChangedFact} fact=${fact} attempt=${attempt} onDone=${() => setEditing(false)} />`;
  const origin = fact.source === "model" ? "An agent noted this" : "You wrote this";
  return html`<li class="row">
    <p class="row__text" dir="auto">${fact.text}<span class="row__note">${origin}, ${moment(fact.created_at)}</span></p>
    <${IconButton} name="pencil" size=${16} label="Change: ${fact.text}" onClick=${() => setEditing(true)} />
    <${IconButton} name="trash" size=${16} label="Forget: ${fact.text}" onClick=${() => attempt(() => api.forgetFact(fact.id))} />
  </li>`;
}

function ChangedFact({ fact, attempt, onDone }) {
  const field = useRef(null);
  useEffect(() => field.current.select(), []);
  const save = async (event) => {
    event.preventDefault();
    const text = field.current.value.trim();
    if (!text || text === fact.text || (await attempt(() => api.changeFact(fact.id, text)))) onDone();
  };
  const onKeyDown = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault(); // the dialog stays
    event.stopPropagation();
    onDone();
  };
  return html`<li class="row">
    <form class="row__form" onSubmit=${save} onKeyDown=${onKeyDown}>
      <input ref=${field} defaultValue=${fact.text} maxlength=${LONGEST} aria-label="Fact" />
      <button type="submit" class="button button--small button--primary">Save</button>
      <button type="button" class="button button--small" onClick=${onDone}>Cancel</button>
    </form>
  </li>`;
}

function NewFact({ attempt }) {
  const add = async (event) => {
    event.preventDefault();
    const form = event.target;
    const text = new FormData(form).get("text").trim();
    if (text && (await attempt(() => api.addFact(text)))) form.reset();
  };
  return html`<form class="field-row field-row--end" onSubmit=${add}>
    <div class="field">
      <label for="fact-text">Something to remember</label>
      <input id="fact-text" name="text" maxlength=${LONGEST} autocomplete="off" placeholder="I live in Lisbon." required />
    </div>
    <button type="submit" class="button">Add</button>
  </form>`;
}
