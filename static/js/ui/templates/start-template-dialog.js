// A template is started: its parameters are asked for, what it will do is shown, and where it goes is chosen.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { argumentsIn, commandOf, withLine, written } from "../../state/template-command.js";
import { Dialog } from "../dialog.js";
import { Icon } from "../icons.js";
import { AnswerFields } from "../tools/answer-fields.js";
import { focusFirstInvalid, submitByKey } from "../tools/form-keys.js";
import { Steps } from "./steps.js";
import { useArguments } from "./use-arguments.js";

/**
 * `detail` is `{id}`; with `line`, the name by which the message in the composer has it, that line of it is filled in, and the
 * message is sent or gone on with.
 */
export function StartTemplateDialog({ workspace, detail, onClose }) {
  const template = useStore(workspace.catalogue, (catalogue) => catalogue.templates.find(({ id }) => id === detail.id));
  if (!template) {
    return html`<${Dialog} title="Start a template" onClose=${onClose} class="dialog--small">
      <p>There is no such template, or it is not shared with you any more.</p>
    <//>`;
  }
  const Form = detail.line ? FillIn : Start;
  return html`<${Dialog} title=${template.name} onClose=${onClose}>
    <${Form} workspace=${workspace} template=${template} detail=${detail} onClose=${onClose} />
  <//>`;
}

/** By itself: in a new conversation, or in the one that is open. */
function Start({ workspace, template }) {
  const session = workspace.session.value;
  const key = `start ${template.id}`;
  const { drafts } = workspace.templates;
  const [here, setHere] = useState(false);
  const [starting, setStarting] = useState(false);
  const request = useRef(newKey()); // the same for each attempt with the same arguments, so that it starts once
  const filled = useArguments({
    template,
    kept: drafts.get(key),
    onHold: (held) => {
      request.current = newKey();
      drafts.set(key, held);
    },
  });
  const choose = (isHere) => {
    setHere(isHere);
    request.current = newKey();
  };
  const start = async () => {
    setStarting(true);
    try {
      await workspace.templates.start(template.id, {
        arguments: filled.content,
        key: request.current,
        ...(here && { thread: session.threadId }),
      });
    } catch (error) {
      setStarting(false);
      throw error;
    }
  };
  return html`<${Form} template=${template} workspace=${workspace} filled=${filled} onSubmit=${start}>
    ${
      session &&
      html`<fieldset class="segments">
        <legend class="visually-hidden">Where it goes</legend>
        ${[
          [false, "A new conversation"],
          [true, "This conversation"],
        ].map(
          ([value, label]) =>
            html`<label class="segment" key=${label}>
              <input type="radio" name="start-where" checked=${here === value} onChange=${() => choose(value)} /><span>${label}</span>
            </label>`,
        )}
      </fieldset>`
    }
    <div class="dialog__actions dialog__actions--apart">
      <button type="button" class="link-button" onClick=${() => workspace.dialog("templates")}>All templates</button>
      <button type="submit" class="button button--primary" disabled=${starting}><${Icon} name="play" size=${14} /> Start</button>
    </div>
  <//>`;
}

const newKey = () => crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}`; // it is there on secure pages only

/** In the message that is being written. */
function FillIn({ workspace, template, detail, onClose }) {
  const { composer } = workspace;
  const filled = useArguments({ template, given: argumentsIn(composer.store.value.text, detail.line, template) });
  const put = () => {
    const { templates } = workspace.catalogue.value;
    const line = written(commandOf(template, filled.content, templates));
    composer.write(withLine(composer.store.value.text, detail.line, line));
    onClose();
    workspace.focusComposer();
  };
  const send = () => {
    put();
    workspace.send("queue");
  };
  const leave = () => (filled.isWhole ? put() : filled.refuse(null));
  return html`<${Form} template=${template} workspace=${workspace} filled=${filled} onSubmit=${send}>
    <div class="dialog__actions">
      <button type="button" class="button" onClick=${leave}>Put into the message</button>
      <button type="submit" class="button button--primary"><${Icon} name="send" size=${14} /> Send</button>
    </div>
  <//>`;
}

/** `onSubmit` may reject: then what is wrong stands beside the fields. */
function Form({ template, workspace, filled, onSubmit, children }) {
  const form = useRef(null);
  useEffect(() => form.current.querySelector("input, textarea, [type=submit]").focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    if (!filled.isWhole) {
      filled.refuse(null);
      return focusFirstInvalid(form.current);
    }
    try {
      await onSubmit();
    } catch (error) {
      filled.refuse(error);
      focusFirstInvalid(form.current);
    }
  };
  const { commands, error } = filled.preview;
  return html`<form class="settings start-template" ref=${form} noValidate onSubmit=${submit} onKeyDown=${submitByKey}>
    ${template.description && html`<p class="settings__hint" dir="auto">${template.description}</p>`}
    ${filled.form.fields.length > 0 && html`<${AnswerFields} form=${filled.form} held=${filled.held} errors=${filled.errors} onHold=${filled.hold} />`}
    <details class="start-template__preview" open=${filled.form.fields.length === 0}>
      <summary>What it will do</summary>
      ${commands && html`<${Steps} commands=${commands} label="What it will do" workspace=${workspace} />`}
      ${!commands && !error && html`<p class="settings__hint" role="status">${filled.isWhole ? "One moment …" : "Fill in what is needed, and it is shown here."}</p>`}
      ${error && html`<p class="field__error">${error.message}</p>`}
    </details>
    ${filled.trouble && html`<p class="alert" role="alert">${filled.trouble}</p>`}
    ${children}
  </form>`;
}
