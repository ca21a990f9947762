// Where the person writes: text, images, who answers and with which skill, send and stop.
import { html, useLayoutEffect, useMemo, useRef, useState } from "../lib/preact.js";
import { anonymityOf } from "../state/anonymity.js";
import { answerer, labelOf, settingOf } from "../state/catalogue.js";
import { codePoints } from "../state/code-points.js";
import { parse } from "../state/commands.js";
import { sendKey } from "../state/storage.js";
import { nothing, useStore } from "../state/store.js";
import { activeRun, branch, isBusy } from "../state/thread-view.js";
import { AgentIcon } from "./agents/agent-icon.js";
import { AnonymousNote, AnonymousSwitch } from "./anonymity.js";
import { ContextGauge } from "./context/gauge.js";
import { ActiveSkills } from "./composer/active-skills.js";
import { namesAt, WrittenCommands } from "./composer/commands.js";
import { useCompletion } from "./composer/completion.js";
import { Picks } from "./composer/picks.js";
import { Queue } from "./composer/queue.js";
import { Refusal } from "./composer/refusal.js";
import { SendButtons } from "./composer/send.js";
import { Icon, IconButton } from "./icons.js";
import { MOD } from "./shortcuts.js";

const NEARLY_FULL = 0.9; // of the longest message: from here on the count is shown

export function Composer({ workspace, session }) {
  const { composer } = workspace;
  const { text, images, uploads, agent, skill, also, onFailure, error } = useStore(composer.store);
  const catalogue = useStore(workspace.catalogue);
  const { busy, canJoin } = useWhatRuns(session);
  const parsed = useMemo(() => parse(text, { ...catalogue, runs: () => workspace.view.endedRuns(session) }), [text, catalogue, session]);
  const anonymity = useAnonymity({ workspace, session, catalogue, agent });
  const field = useRef(null);
  const [dragging, setDragging] = useState(false);
  const key = settingOf(catalogue, "send_key", sendKey.get());
  const completion = useCompletion({
    field,
    itemsFor: (begun, written) => namesAt(begun, written, catalogue),
    onChange: (written) => composer.write(written),
    onChoose: (sign, { slug, command, template }) => {
      if (command === "help") workspace.dialog("commands");
      else if (template?.asks) workspace.dialog("start-template", { id: template.id, line: template.line });
      else if (!command) composer.pick(sign === "@" ? { agent: slug } : { skill: slug });
    },
  });
  useGrowingField(field, text);
  useLayoutEffect(() => {
    // Before the next key press: the field may have replaced another one that was being written in.
    if (!matchMedia("(pointer: coarse)").matches) field.current.focus({ preventScroll: true });
  }, [session]);

  const send = (whenBusy) => {
    workspace.send(whenBusy);
    // At once: the next key may be pressed before the page is drawn again.
    field.current.value = composer.store.value.text;
    field.current.focus();
  };
  const submit = (event) => {
    event?.preventDefault();
    send("queue");
  };
  const drop = (event) => {
    event.preventDefault();
    setDragging(false);
    composer.addFiles([...event.dataTransfer.files]);
  };
  const write = ({ target }) => {
    composer.write(target.value);
    completion.look();
  };
  const onKeyDown = (event) => {
    if (completion.onKeyDown(event)) return;
    if (sendsOn(event, key)) submit(event);
    else if (busy && canJoin && joinsOn(event)) {
      event.preventDefault();
      send("steer");
    }
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
    onSubmit=${submit}
    onDragOver=${dragOver}
    onDragLeave=${() => setDragging(false)}
    onDrop=${drop}
  >
    <${Queue} workspace=${workspace} session=${session} />
    <${ActiveSkills} workspace=${workspace} session=${session} />
    ${error && html`<${Refusal} error=${error} onRetry=${submit} onDismiss=${() => composer.fail(null)} />`}
    <div class="composer__box">
      ${completion.list}
      <${Picks} composer=${composer} catalogue=${catalogue} agent=${agent} skill=${skill} also=${also} />
      <${WrittenCommands}
        parsed=${parsed}
        catalogue=${catalogue}
        onFill=${(id, line) => workspace.dialog("start-template", { id, line })}
        onFailure=${onFailure}
        onChangePolicy=${(policy) => composer.pick({ onFailure: policy })}
      />
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
        ...${completion.attributes}
        onInput=${write}
        onKeyDown=${onKeyDown}
        onKeyUp=${completion.look}
        onClick=${completion.look}
        onBlur=${completion.close}
        onPaste=${(event) => pasteFiles(event, composer)}
      ></textarea>
      <div class="composer__bar">
        <${AttachButton} composer=${composer} />
        <${IconButton}
          name="book"
          label="Skills"
          aria-haspopup="dialog"
          onClick=${() => workspace.dialog("skill-picker")}
        />
        <${PickerButton}
          workspace=${workspace}
          session=${session}
          picked=${agent}
          hasImages=${images.length + uploads.length > 0}
        />
        ${anonymity.offered && html`<${AnonymousSwitch} workspace=${workspace} anonymity=${anonymity} />`}
        <span class="composer__space"></span>
        <${ContextGauge} workspace=${workspace} session=${session} agent=${agent} text=${parsed.text} />
        <${Count} length=${codePoints(text)} most=${workspace.limits.message_chars} />
        <${SendButtons}
          busy=${busy}
          canJoin=${canJoin && parsed.commands.length === 0}
          disabled=${isEmpty}
          sendKey=${key}
          onSend=${send}
          onStop=${() => workspace.stop()}
        />
      </div>
      ${dragging && html`<p class="composer__drop">Drop images here</p>`}
    </div>
    ${anonymity.offered && html`<${AnonymousNote} anonymity=${anonymity} />`}
    <p class="visually-hidden" id="composer-hint">
      ${key === "enter" ? "Enter sends, Shift and Enter makes a new line." : `${MOD} and Enter sends, Enter makes a new line.`}
      @ names an agent, / a command or a skill. Images can be pasted or dropped.
      ${canJoin && `${MOD}, Shift and Enter lets the message join the answer that is being given.`}
    </p>
  </form>`;
}

/** Whether a message would wait now, and whether it could join the answer that is being given. */
function useWhatRuns(session) {
  const what = useStore(session?.state ?? nothing, (state) => {
    const runs = state ? branch(state) : [];
    if (!isBusy(runs)) return "nothing";
    return activeRun(runs)?.status === "running" ? "answer" : "other";
  });
  return { busy: what !== "nothing", canJoin: what === "answer" };
}

const EXISTS = Object.freeze({ offered: false });

/** Whether the conversation that is about to begin is anonymous; of one that exists it is settled. */
function useAnonymity({ workspace, session, catalogue, agent }) {
  const choice = useStore(workspace.choice);
  if (session || !catalogue.loaded) return EXISTS;
  return anonymityOf({ policy: workspace.policy, catalogue, choice: agent ? { ...choice, agent } : choice });
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

/** Enter sends, unless it ends the composition of a character, or the keyboard is a phone's, or the person sends otherwise. */
function sendsOn(event, key) {
  const composing = event.isComposing || event.keyCode === 229;
  const plain = event.key === "Enter" && !event.shiftKey && !event.altKey && !composing;
  const alone = key === "enter" && !matchMedia("(pointer: coarse)").matches;
  return plain && (event.ctrlKey || event.metaKey || alone);
}

/** What is said into the answer that is being given. */
const joinsOn = (event) =>
  event.key === "Enter" && event.shiftKey && !event.altKey && (event.ctrlKey || event.metaKey) && !event.isComposing;

function pasteFiles(event, composer) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (files.length === 0) return;
  event.preventDefault();
  composer.addFiles(files);
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

function PickerButton({ workspace, session, picked, hasImages }) {
  const catalogue = useStore(workspace.catalogue);
  const thread = useStore(session?.state ?? nothing, (state) => state?.thread);
  const choice = useStore(workspace.choice);
  const chosen = (session ? thread : choice) ?? {};
  const { agent, model } = answerer(catalogue, picked ? { ...chosen, agent: picked } : chosen);
  if (!catalogue.loaded) return null;
  const blind = hasImages && model && !model.capabilities.vision;
  const label = [labelOf(agent), labelOf(model)].filter(Boolean).join(" · ") || "No model yet";
  return html`<button
      type="button"
      class="picker-button"
      aria-haspopup="dialog"
      onClick=${() => workspace.dialog("picker")}
    >
      ${agent?.icon && html`<${AgentIcon} agent=${agent} size="small" />`}
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
