// Theme and keys: they hold as soon as they are chosen.
import { html, useState } from "../../lib/preact.js";
import { settingOf } from "../../state/catalogue.js";
import { sendKey } from "../../state/storage.js";
import { useStore } from "../../state/store.js";
import { MOD } from "../shortcuts.js";
import { Origin } from "./origin.js";

const THEMES = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

const KEYS = [
  ["enter", "Enter"],
  ["ctrl_enter", `${MOD} and Enter`],
];

export function LookSettings({ workspace }) {
  const catalogue = useStore(workspace.catalogue);
  const look = useStore(workspace.look);
  const key = settingOf(catalogue, "send_key", sendKey.get());
  const [problem, setProblem] = useState("");
  const chooseKey = (choice) =>
    workspace.changeSettings({ send_key: choice }).then(
      () => setProblem(""),
      (error) => setProblem(error.message),
    );
  return html`<div class="settings">
    <${Segments} name="theme" title="Theme" options=${THEMES} value=${look} onChoose=${(one) => workspace.setTheme(one)}>
      <${Origin} catalogue=${catalogue} name="theme" />
    <//>
    <${Segments} name="send_key" title="A message is sent with" options=${KEYS} value=${key} onChoose=${chooseKey}>
      <p class="settings__hint">
        ${key === "enter" ? "Shift and Enter makes a new line." : "Enter makes a new line."} On a phone the arrow sends.
      </p>
      <${Origin} catalogue=${catalogue} name="send_key" />
    <//>
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
  </div>`;
}

function Segments({ name, title, options, value, onChoose, children }) {
  return html`<fieldset class="settings__choice">
    <legend>${title}</legend>
    <div class="segments">
      ${options.map(
        ([option, label]) =>
          html`<label class="segment" key=${option}>
            <input type="radio" name=${name} checked=${value === option} onChange=${() => onChoose(option)} /><span
              >${label}</span
            >
          </label>`,
      )}
    </div>
    ${children}
  </fieldset>`;
}
