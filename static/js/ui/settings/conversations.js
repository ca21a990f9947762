// What every agent is told, who answers by default, and in which language.
import { html, useState } from "../../lib/preact.js";
import { labelOf, settingOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { LANGUAGES, languageName } from "./languages.js";
import { inWords, Origin, valueWithoutPerson } from "./origin.js";
import { Switch } from "./switch.js";

export function ConversationSettings({ workspace }) {
  const catalogue = useStore(workspace.catalogue);
  const { settings } = catalogue;
  const [draft, setDraft] = useState({});
  const [note, setNote] = useState(null);
  const value = (name) => draft[name] ?? settings[name] ?? "";
  const change =
    (name) =>
    ({ target }) => {
      setDraft({ ...draft, [name]: target.value });
      setNote(null);
    };
  const save = async (event) => {
    event.preventDefault();
    try {
      await workspace.changeSettings(draft);
      setDraft({});
      setNote({ text: "Saved." });
    } catch (error) {
      setNote({ text: error.message, isError: true });
    }
  };
  const bound = (name) => ({ name, catalogue, value: value(name), onChange: change(name) });
  const others = settings.language && !LANGUAGES.includes(settings.language) ? [settings.language] : [];
  return html`<form class="settings" aria-label="Conversations" onSubmit=${save}>
    <div class="field">
      <label for="settings-prompt">Instructions for every agent</label>
      <textarea
        id="settings-prompt"
        rows="4"
        maxlength="20000"
        placeholder="How you like to be answered, what you work on …"
        value=${value("system_prompt")}
        onInput=${change("system_prompt")}
      ></textarea>
      <${Origin} catalogue=${catalogue} name="system_prompt" />
    </div>
    <${Choice} ...${bound("agent")} label="Agent of a new conversation" options=${catalogue.agents.map(option)} />
    <${Choice}
      ...${bound("model")}
      label="Model, where the agent names none"
      options=${catalogue.models.map(option)}
    />
    <${Choice}
      ...${bound("language")}
      label="Language of the answers"
      none="The language of the question"
      options=${[...others, ...LANGUAGES].map((tag) => ({ value: tag, label: languageName(tag) })).sort(byLabel)}
    />
    <${Anonymous} workspace=${workspace} catalogue=${catalogue} onNote=${setNote} />
    <div class="settings__save">
      <button type="submit" class="button button--primary" disabled=${Object.keys(draft).length === 0}>Save</button>
      <span role="status" class=${note?.isError ? "settings__note settings__note--error" : "settings__note"}
        >${note?.text}</span
      >
    </div>
  </form>`;
}

/** What new conversations are made as; held at once, unlike the fields above. */
function Anonymous({ workspace, catalogue, onNote }) {
  const { policy } = workspace;
  if (policy === "off") return null;
  const isFixed = policy === "always";
  const change = (anonymous) =>
    workspace.changeSettings({ anonymous }).catch((error) => onNote({ text: error.message, isError: true }));
  return html`<div>
    <${Switch}
      label="New conversations are anonymous"
      note=${
        isFixed
          ? "This site makes every new conversation anonymous."
          : "Names, addresses and numbers are replaced before a model sees them. You can decide otherwise for each new conversation."
      }
      on=${isFixed || settingOf(catalogue, "anonymous", false) === true}
      disabled=${isFixed}
      onChange=${change}
    />
    ${!isFixed && html`<${Origin} catalogue=${catalogue} name="anonymous" />`}
  </div>`;
}

const option = (item) => ({ value: item.slug, label: [item.icon, labelOf(item)].filter(Boolean).join(" ") });
const byLabel = (a, b) => a.label.localeCompare(b.label);

/** `none` says what holds where neither the person nor the site has chosen. */
function Choice({ name, catalogue, label, none = "The site’s choice", options, value, onChange }) {
  const id = `settings-${name}`;
  const given = inWords(catalogue, name, valueWithoutPerson(catalogue.effective[name]));
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${onChange}>
      <option value="">${given ? `The site’s choice: ${given}` : none}</option>
      ${options.map((one) => html`<option key=${one.value} value=${one.value}>${one.label}</option>`)}
    </select>
    <${Origin} catalogue=${catalogue} name=${name} />
  </div>`;
}
