// The parameters of a template: what is asked for, of which kind, and what holds where nothing is given.
import { html, useEffect, useState } from "../../lib/preact.js";
import { nameFor, TYPES } from "../../state/template-form.js";
import { Field } from "../field.js";
import { Icon, IconButton } from "../icons.js";

/**
 * `gaps` is what `gaps` of template-form.js says; `onRename(parameters, from, to)` is told when a name changes, `onDefine(name)`
 * makes a parameter for a name that is used.
 */
export function ParameterList({ parameters, gaps: { missing, unused }, problem, onChange, onRename, onDefine }) {
  const change = (index, fields) => onChange(parameters.with(index, { ...parameters[index], ...fields }));
  const rename = (index, name) => onRename(parameters.with(index, { ...parameters[index], name }), parameters[index].name, name);
  const add = () => onChange([...parameters, { name: nameFor("value", parameters.map(({ name }) => name)), label: "", type: "text", required: true }]);
  return html`<div class="asked">
    ${problem && html`<p class="alert" role="alert">${problem}</p>`}
    ${missing.map(
      (name) =>
        html`<p class="notice asked__gap" key=${name} role="status">
          <span><code>{{${name}}}</code> is used, and nobody is asked for it: it would stay as it is written.</span>
          <button type="button" class="button button--small" onClick=${() => onDefine(name)}>Ask for ${name}</button>
        </p>`,
    )}
    ${parameters.length === 0 && missing.length === 0 && html`<p class="settings__hint">Nothing. Select words in a prompt to ask for them each time, or write <code>{{topic}}</code>.</p>`}
    <ul class="asked__list">
      ${parameters.map(
        (parameter, index) =>
          html`<li key=${index} class="asked__one">
            <${Parameter}
              parameter=${parameter}
              isUnused=${unused.includes(parameter.name)}
              taken=${parameters.filter((_, place) => place !== index).map(({ name }) => name)}
              onChange=${(fields) => change(index, fields)}
              onRename=${(name) => rename(index, name)}
              onRemove=${() => onChange(parameters.toSpliced(index, 1))}
            />
          </li>`,
      )}
    </ul>
    <button type="button" class="button button--small asked__add" onClick=${add}><${Icon} name="plus" size=${14} /> Ask for something</button>
  </div>`;
}

function Parameter({ parameter, isUnused, taken, onChange, onRename, onRemove }) {
  const { name, label = "", type, required = false, help = "", choices = [] } = parameter;
  const said = label || name;
  return html`<fieldset class="parameter" aria-label="Parameter ${name}">
    <div class="field-row parameter__row">
      <${Field} label="Asked as" value=${label} placeholder=${name} maxlength="100" onInput=${({ target }) => onChange({ label: target.value })} />
      <${NameField} name=${name} taken=${taken} onRename=${onRename} />
      <${Field}
        label="Kind"
        value=${type}
        options=${TYPES.map((one) => ({ value: one.type, label: one.label }))}
        onChange=${({ target }) => onChange({ type: target.value, default: undefined })}
      />
      <${IconButton} name="trash" size=${16} class="parameter__remove" label="Do not ask for ${said}" onClick=${onRemove} />
    </div>
    ${type === "choice" && html`<${Choices} choices=${choices} onChange=${(next) => onChange({ choices: next })} />`}
    <div class="field-row parameter__row">
      <${Standard} parameter=${parameter} onChange=${(value) => onChange({ default: value })} />
      <${Field} label="A hint, if it needs one" value=${help} maxlength="300" onInput=${({ target }) => onChange({ help: target.value })} />
    </div>
    <div class="checks">
      ${
        type !== "boolean" &&
        html`<label class="check">
          <input type="checkbox" checked=${required} onChange=${({ target }) => onChange({ required: target.checked })} /> needed
        </label>`
      }
      ${isUnused && html`<span class="settings__hint">Nothing uses <code>{{${name}}}</code> yet.</span>`}
    </div>
  </fieldset>`;
}

/** The name changes in all its places, once it is written. */
function NameField({ name, taken, onRename }) {
  const [typed, setTyped] = useState(null);
  useEffect(() => setTyped(null), [name]);
  const value = typed ?? name;
  const problem = taken.includes(value) ? "There is one of this name." : /^[a-z][a-z0-9_]{0,39}$/.test(value) ? "" : "Small letters, digits and _, a letter first.";
  const settle = () => {
    if (typed !== null && typed !== name && !problem) onRename(typed);
    else if (!problem) setTyped(null);
  };
  return html`<${Field} label="Name in the text" class="parameter__name" value=${value} problem=${problem} maxlength="40" onInput=${({ target }) => setTyped(target.value)} onBlur=${settle} />`;
}

function Choices({ choices, onChange }) {
  return html`<${Field}
    label="Choices, one a line"
    rows=${Math.max(2, choices.length + 1)}
    value=${choices.join("\n")}
    onInput=${({ target }) => onChange(target.value.split("\n"))}
  />`;
}

/** What holds where nothing is given. */
function Standard({ parameter: { type, default: standard, choices = [] }, onChange }) {
  const label = "If nothing is given";
  const write = ({ target }) => onChange(target.value === "" ? undefined : target.value);
  switch (type) {
    case "boolean":
      return html`<${Field} label=${label} value=${standard === true ? "yes" : "no"} options=${YES_NO} onChange=${({ target }) => onChange(target.value === "yes")} />`;
    case "choice":
      return html`<${Field} label=${label} value=${standard ?? ""} options=${optionsOf(choices)} onChange=${write} />`;
    case "date":
      return html`<${DateStandard} label=${label} value=${standard ?? ""} onChange=${onChange} />`;
    default:
      return html`<${Field} label=${label} value=${standard === undefined ? "" : String(standard)} inputmode=${type === "number" ? "decimal" : undefined} onInput=${write} />`;
  }
}

const YES_NO = [
  { value: "no", label: "No" },
  { value: "yes", label: "Yes" },
];

const optionsOf = (choices) => [
  { value: "", label: "–" },
  ...choices.map((one) => one.trim()).filter(Boolean).map((value) => ({ value, label: value })),
];

function DateStandard({ label, value, onChange }) {
  const kind = value === "today" ? "today" : value ? "day" : "";
  const [isDay, setIsDay] = useState(kind === "day");
  const shown = kind || (isDay ? "day" : "");
  const choose = ({ target }) => {
    setIsDay(target.value === "day");
    onChange(target.value === "today" ? "today" : undefined);
  };
  return html`<${Field} label=${label} value=${shown} options=${DAYS} onChange=${choose}>
    ${shown === "day" && html`<input type="date" aria-label="The day" value=${value} onInput=${({ target }) => onChange(target.value || undefined)} />`}
  <//>`;
}

const DAYS = [
  { value: "", label: "–" },
  { value: "today", label: "The day it starts" },
  { value: "day", label: "A certain day" },
];
