// The fields of a form that asks the person: one for each value, with its error beside it.
import { html, useEffect, useId, useRef } from "../../lib/preact.js";
import { MaskedText } from "../masks.js";

const INPUTS = { date: "date", datetime: "datetime-local", email: "email", url: "url" };

/** `held` is what the fields hold by name (see answer-form.js); `onHold(name, value)` tells of a change. */
export function AnswerFields({ form, held, errors, onHold, titled = true }) {
  return html`<div class="answer-fields">
    ${form.fields.map(
      (field) =>
        html`<${AnswerField}
          key=${field.name}
          field=${field}
          held=${held[field.name]}
          error=${errors[field.name]}
          titled=${titled}
          onHold=${(value) => onHold(field.name, value)}
        />`,
    )}
  </div>`;
}

function AnswerField({ field, held, error, titled, onHold }) {
  const id = useId();
  const about = [field.description && `${id}-about`, error && `${id}-error`].filter(Boolean).join(" ");
  const attributes = {
    id,
    name: field.name,
    "aria-describedby": about || undefined,
    "aria-invalid": error ? "true" : undefined,
    "aria-required": field.required ? "true" : undefined,
  };
  const Control = field.options.length ? Choice : field.type === "boolean" ? Tick : Written;
  const name = html`<${MaskedText} text=${field.label} />`;
  const label = html`${name}${!field.required && html` <span class="answer-field__optional">optional</span>`}`;
  return html`<div class="field answer-field">
    ${Control === Written && titled && html`<label for=${id}>${label}</label>`}
    ${Control === Written && !titled && html`<label class="visually-hidden" for=${id}>${name}</label>`}
    <${Control} field=${field} label=${label} held=${held} titled=${titled} attributes=${attributes} onHold=${onHold} />
    ${field.description && html`<p class="answer-field__about" id=${`${id}-about`}><${MaskedText} text=${field.description} /></p>`}
    ${error && html`<p class="field__error" id=${`${id}-error`}>${error}</p>`}
  </div>`;
}

function Written({ field, held, attributes, onHold }) {
  const onInput = ({ target }) => onHold(target.value);
  if (field.type === "longtext" || field.type === "json") {
    const rows = Math.min(12, Math.max(field.rows ?? 3, held.split("\n").length));
    return html`<textarea
      ...${attributes}
      class=${field.type === "json" ? "answer-field__code" : ""}
      rows=${rows}
      dir="auto"
      value=${held}
      onInput=${onInput}
    ></textarea>`;
  }
  const isNumber = field.type === "number" || field.type === "integer";
  return html`<input
    ...${attributes}
    type=${INPUTS[field.type] ?? "text"}
    inputmode=${isNumber ? "decimal" : undefined}
    dir="auto"
    value=${held}
    onInput=${onInput}
  />`;
}

function Tick({ field, held, attributes, onHold }) {
  return html`<label class="tick">
    <input ...${attributes} type="checkbox" checked=${held} onChange=${({ target }) => onHold(target.checked)} />
    <span><${MaskedText} text=${field.label} /></span>
  </label>`;
}

/** Radio buttons, or boxes where several may be chosen; the last one may be for words of one's own. */
function Choice({ field, label, held, titled, attributes, onHold }) {
  const several = field.type === "choices";
  const { id, ...described } = attributes;
  const choose = (value, on) => {
    if (!several) return onHold({ ...held, chosen: [value], other: false });
    const rest = held.chosen.filter((one) => one !== value);
    return onHold({ ...held, chosen: on ? [...rest, value] : rest });
  };
  const own = useRef(null);
  const isOpen = useRef(held.other);
  useEffect(() => {
    if (held.other && !isOpen.current) own.current.focus();
    isOpen.current = held.other;
  }, [held.other]);
  const chooseOther = (on) => onHold({ ...held, other: on, chosen: several ? held.chosen : [] });
  const type = several ? "checkbox" : "radio";
  return html`<fieldset class="choices ${described["aria-invalid"] ? "choices--invalid" : ""}" aria-describedby=${described["aria-describedby"]}>
    <legend class=${titled ? "" : "visually-hidden"}>${label}</legend>
    ${field.options.map(
      ({ value, label: name, description }) =>
        html`<${Option}
          key=${value}
          type=${type}
          name=${id}
          checked=${held.chosen.includes(value)}
          label=${name}
          description=${description}
          onChange=${({ target }) => choose(value, target.checked)}
        />`,
    )}
    ${
      field.other &&
      html`<${Option}
          type=${type}
          name=${id}
          checked=${held.other}
          label=${field.other.title ?? "Other"}
          onChange=${({ target }) => chooseOther(target.checked)}
        />
        ${
          held.other &&
          html`<input
            class="choices__other"
            aria-label="Your own words"
            ref=${own}
            dir="auto"
            maxlength=${field.other.maxLength}
            value=${held.text}
            onInput=${({ target }) => onHold({ ...held, text: target.value })}
          />`
        }`
    }
    ${
      !several &&
      !field.required &&
      (held.chosen.length > 0 || held.other) &&
      html`<button type="button" class="link-button choices__clear" onClick=${() => onHold({ chosen: [], other: false, text: "" })}>
        Choose none
      </button>`
    }
  </fieldset>`;
}

function Option({ type, name, checked, label, description, onChange }) {
  return html`<label class="option ${checked ? "option--checked" : ""}">
    <input type=${type} name=${name} checked=${checked} onChange=${onChange} />
    <span class="option__text">
      <span class="option__name"><${MaskedText} text=${label} /></span>
      ${description && html`<span class="option__note"><${MaskedText} text=${description} /></span>`}
    </span>
  </label>`;
}
