// Leave to use a tool: what it is, what it would be given, and the person's word on it.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { answerOf, blank, formOf } from "../../state/answer-form.js";
import { Icon } from "../icons.js";
import { useMasks } from "../masks.js";
import { AnswerFields } from "./answer-fields.js";
import { titleOf } from "./describe.js";
import { focusFirstInvalid, submitByKey } from "./form-keys.js";
import { Values } from "./values.js";

const WORDS = "arguments"; // the name of the one field that holds all of them as JSON
const AS_TEXT = { type: "object", properties: { [WORDS]: { type: "object", title: "What it is given" } }, required: [WORDS] };

export function Approval({ call, sending }) {
  const [mode, setMode] = useState("read"); // "read", "edit" or "refuse"
  const edit = useEditing(call);
  const node = useRef(null);
  const approve = (extra = {}) => {
    if (mode !== "edit") return sending.send({ approved: true, ...extra });
    const changed = edit.read();
    if (!changed) return focusFirstInvalid(node.current);
    return sending.send({ approved: true, arguments: changed, ...extra });
  };
  const submit = (event) => {
    event.preventDefault();
    if (mode !== "refuse") approve();
  };
  return html`<form class="question__form" ref=${node} onSubmit=${submit} onKeyDown=${submitByKey} novalidate>
    <h4 class="question__title">
      <${Icon} name="shield" size=${16} /> <span>May I use <strong>${titleOf(call)}</strong>?</span>
      <code class="question__tool">${call.name}</code>
    </h4>
    ${mode === "edit" ? html`<${Editor} edit=${edit} />` : html`<${Values} values=${call.arguments} />`}
    ${
      mode === "refuse"
        ? html`<${Refusal} sending=${sending} onBack=${() => setMode("read")} />`
        : html`<div class="question__actions">
            <button type="submit" class="button button--primary button--small">
              ${mode === "edit" ? "Approve the changes" : "Approve"}
            </button>
            ${
              mode === "read" &&
              html`<button type="button" class="button button--small" onClick=${() => approve({ remember: "thread" })}>
                Always in this conversation
              </button>`
            }
            <button type="button" class="button button--small" onClick=${() => setMode(mode === "edit" ? "read" : "edit")}>
              ${mode === "edit" ? "Leave as it was" : "Edit"}
            </button>
            <button type="button" class="button button--small button--danger" onClick=${() => setMode("refuse")}>
              Refuse
            </button>
          </div>`
    }
  </form>`;
}

/** What is held while the arguments are edited: by their fields where the tool's schema is known, else as JSON. */
function useEditing(call) {
  const { revealJson } = useMasks();
  const given = revealJson(call.arguments ?? {});
  const hasSchema = call.schema?.type === "object" && Object.keys(call.schema.properties ?? {}).length > 0;
  const [asJson, setAsJson] = useState(!hasSchema);
  const form = asJson ? formOf(AS_TEXT, { [WORDS]: given }) : formOf(call.schema, given);
  const [held, setHeld] = useState(() => blank(form));
  const [errors, setErrors] = useState({});
  const unnamed = Object.entries(given).filter(([name]) => !Object.hasOwn(call.schema?.properties ?? {}, name));
  const wholeOf = (content) => (asJson ? content[WORDS] : { ...Object.fromEntries(unnamed), ...content });
  return {
    form,
    held,
    errors,
    asJson,
    hasSchema,
    hold(name, value) {
      setHeld((known) => ({ ...known, [name]: value }));
      setErrors(({ [name]: _settled, ...others }) => others);
    },
    /** The changed arguments, or `null` where something has to be put right first. */
    read() {
      const { content, errors: found } = answerOf(form, held);
      const whole = wholeOf(content);
      const isObject = whole && typeof whole === "object" && !Array.isArray(whole);
      const all = isObject || Object.keys(found).length ? found : { [WORDS]: 'Write an object: {"name": "value"}.' };
      setErrors(all);
      return Object.keys(all).length ? null : whole;
    },
    /** Shows the same arguments the other way; what cannot be read yet stays where it is. */
    turn() {
      const changed = this.read();
      if (!changed) return;
      const next = asJson ? formOf(call.schema, changed) : formOf(AS_TEXT, { [WORDS]: changed });
      setHeld(blank(next));
      setAsJson(!asJson);
    },
  };
}

function Editor({ edit }) {
  return html`<${AnswerFields} form=${edit.form} held=${edit.held} errors=${edit.errors} onHold=${edit.hold} />
    ${
      edit.hasSchema &&
      html`<button type="button" class="link-button question__turn" onClick=${() => edit.turn()}>
        ${edit.asJson ? "Edit as a form" : "Edit as JSON"}
      </button>`
    }`;
}

function Refusal({ sending, onBack }) {
  const [reason, setReason] = useState("");
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const refuse = () => sending.send({ approved: false, ...(reason.trim() && { reason: reason.trim() }) });
  const onKeyDown = (event) => {
    if (event.key === "Escape") onBack();
    if (event.key !== "Enter") return;
    event.preventDefault();
    refuse();
  };
  return html`<div class="question__refusal">
    <label class="field">
      <span>Why not? The agent is told. <span class="answer-field__optional">optional</span></span>
      <input
        ref=${field}
        maxlength="1000"
        dir="auto"
        value=${reason}
        onInput=${({ target }) => setReason(target.value)}
        onKeyDown=${onKeyDown}
      />
    </label>
    <div class="question__actions">
      <button type="button" class="button button--small button--danger" onClick=${refuse}>Refuse</button>
      <button type="button" class="button button--small" onClick=${onBack}>Back</button>
    </div>
  </div>`;
}
