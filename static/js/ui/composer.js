// Where the person writes: text, images, who answers, send and stop.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../lib/preact.js";
import { answerer, labelOf } from "../state/catalogue.js";
import { codePoints } from "../state/code-points.js";
import { nothing, useStore } from "../state/store.js";
import { branch, isBusy, queueLabel } from "../state/thread-view.js";
import { Icon, IconButton } from "./icons.js";

const NEARLY_FULL = 0.9; // of the longest message: from here on the count is shown

export function Composer({ workspace, session }) {
  const { composer } = workspace;
  const { text, images, uploads, error } = useStore(composer.store);
  const busy = useIsBusy(session);
  const field = useRef(null);
  const [dragging, setDragging] = useState(false);
  useGrowingField(field, text);
  useEffect(() => {
    if (!matchMedia("(pointer: coarse)").matches) field.current.focus({ preventScroll: true });
  }, [session]);

  const send = (event) => {
    event?.preventDefault();
    workspace.send();
    field.current.focus();
  };
  const drop = (event) => {
    event.preventDefault();
    setDragging(false);
    composer.addFiles([...event.dataTransfer.files]);
  };
  const dragOver = (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    setDragging(true);
  };
  const isEmpty = !text.trim() && images.length === 0;
  return html`<form
    class="composer ${dragging ? "composer--dragging" : ""}"
    aria-label="Message"
    onSubmit=${send}
    onDragOver=${dragOver}
    onDragLeave=${() => setDragging(false)}
    onDrop=${drop}
  >
    <${Queue} session=${session} />
    ${error && html`<${Refusal} error=${error} onDismiss=${() => composer.fail(null)} />`}
    <div class="composer__box">
      <${Attachments} images=${images} uploads=${uploads} composer=${composer} />
      <textarea
        id="composer-text"
        class="composer__text"
        ref=${field}
        rows="1"
        dir="auto"
        value=${text}
        placeholder=${busy ? "Write the next message: it will be queued" : "Write a message"}
        aria-label="Message"
        aria-describedby="composer-hint"
        onInput=${({ target }) => composer.write(target.value)}
        onKeyDown=${(event) => sendsOn(event) && send(event)}
        onPaste=${(event) => pasteFiles(event, composer)}
      ></textarea>
      <div class="composer__bar">
        <${AttachButton} composer=${composer} />
        <${PickerButton} workspace=${workspace} session=${session} hasImages=${images.length + uploads.length > 0} />
        <span class="composer__space"></span>
        <${Count} length=${codePoints(text)} most=${workspace.limits.message_chars} />
        ${
          busy &&
          html`<button type="button" class="button composer__stop" onClick=${() => workspace.stop()}>
            <${Icon} name="stop" size=${15} /> Stop
          </button>`
        }
        <button
          type="submit"
          class="composer__send"
          disabled=${isEmpty}
          aria-label=${busy ? "Send: it will be queued" : "Send"}
          title=${busy ? "Send: it will be queued" : "Send"}
        >
          <${Icon} name="send" size=${18} />
        </button>
      </div>
      ${dragging && html`<p class="composer__drop">Drop images here</p>`}
    </div>
    <p class="visually-hidden" id="composer-hint">
      Enter sends, Shift and Enter makes a new line. Images can be pasted or dropped.
    </p>
  </form>`;
}

function useIsBusy(session) {
  return useStore(session?.state ?? nothing, (state) => Boolean(state) && isBusy(branch(state)));
}

/** How many messages wait for their turn, and where the next one stands. */
function Queue({ session }) {
  const label = useStore(session?.state ?? nothing, (state) => (state ? queueLabel(branch(state)) : ""));
  return html`<p class="composer__queue" role="status">
    ${label && html`<${Icon} name="clock" size=${14} /> ${label}`}
  </p>`;
}

/** The field grows with its text; the style sheet says how far. */
function useGrowingField(field, text) {
  useLayoutEffect(() => {
    const node = field.current;
    if (CSS.supports("field-sizing", "content")) return;
    node.style.height = "auto";
    node.style.height = `${node.scrollHeight}px`;
  }, [text]);
}

/** Enter sends, unless it ends the composition of a character, or the keyboard is a phone's. */
function sendsOn(event) {
  const composing = event.isComposing || event.keyCode === 229;
  const plain = event.key === "Enter" && !event.shiftKey && !event.altKey && !composing;
  return plain && (event.ctrlKey || event.metaKey || !matchMedia("(pointer: coarse)").matches);
}

function pasteFiles(event, composer) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  composer.addFiles(files);
}

function Refusal({ error, onDismiss }) {
  return html`<div class="refusal" role="alert">
    <${Icon} name="warning" size=${16} />
    <p>
      ${error.message} ${error.status === 401 && html`<a href="/accounts/login/?next=${location.pathname}">Log in</a>`}
    </p>
    <${IconButton} name="close" size=${14} label="Dismiss" onClick=${onDismiss} />
  </div>`;
}

function Attachments({ images, uploads, composer }) {
  if (images.length + uploads.length === 0) return null;
  return html`<ul class="attachments" aria-label="Images">
    ${images.map(
      ({ id, url, name }) =>
        html`<li key=${id} class="attachment">
          <img src=${url} alt=${name || "Image"} />
          <${IconButton}
            name="close"
            size=${13}
            label="Remove ${name || "image"}"
            onClick=${() => composer.removeImage(id)}
          />
        </li>`,
    )}
    ${uploads.map(
      ({ key, url, name }) =>
        html`<li key=${key} class="attachment attachment--uploading"><img src=${url} alt="Uploading ${name}" /></li>`,
    )}
  </ul>`;
}

function AttachButton({ composer }) {
  const input = useRef(null);
  const pick = ({ target }) => {
    composer.addFiles([...target.files]);
    target.value = "";
  };
  return html`<${IconButton} name="attach" label="Attach images" onClick=${() => input.current.click()} />
    <input
      ref=${input}
      class="visually-hidden"
      type="file"
      accept="image/png,image/jpeg,image/gif,image/webp"
      multiple
      tabindex="-1"
      aria-hidden="true"
      onChange=${pick}
    />`;
}

function PickerButton({ workspace, session, hasImages }) {
  const catalogue = useStore(workspace.catalogue);
  const thread = useStore(session?.state ?? nothing, (state) => state?.thread);
  const choice = useStore(workspace.choice);
  const { agent, model } = answerer(catalogue, (session ? thread : choice) ?? {});
  if (!catalogue.loaded) return null;
  const blind = hasImages && model && !model.capabilities.vision;
  const label = [labelOf(agent), labelOf(model)].filter(Boolean).join(" · ") || "No model yet";
  return html`<button
      type="button"
      class="picker-button"
      aria-haspopup="dialog"
      onClick=${() => workspace.dialog("picker")}
    >
      <span class="visually-hidden">Agent and model: </span><span class="picker-button__label">${label}</span
      ><${Icon} name="chevron" size=${14} />
    </button>
    ${blind && html`<span class="composer__warning" role="status">${labelOf(model)} cannot see images</span>`}`;
}

function Count({ length, most }) {
  if (length < most * NEARLY_FULL) return null;
  const over = length > most;
  return html`<span class="composer__count ${over ? "composer__count--over" : ""}" role="status"
    >${(most - length).toLocaleString()}</span
  >`;
}
