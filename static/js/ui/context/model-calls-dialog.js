// What a model call of a run really saw: the system prompt in its sections, the tools, and the messages as they were sent.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { nameOf } from "../../state/catalogue.js";
import { FORMS, leftOutOf, roleOf, sectionsOf, textOf } from "../../state/model-call.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { moment, wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText, WithMasks } from "../masks.js";

const FEW = 4; // tools that are listed at once
const LONG = 1200; // characters, from which on a text is cut until it is opened

/** `detail` is a run of the open conversation. */
export function ModelCallsDialog({ workspace, detail: run, onClose }) {
  const [session] = useState(workspace.session.value);
  const { models } = useStore(workspace.catalogue);
  const { found, problem } = useRead(() => api.modelCalls(run.id), run.id);
  const [position, choose] = useState(null);
  const calls = found?.results ?? [];
  const current = calls.find((call) => call.position === position) ?? calls.at(-1);
  return html`<${Dialog} title="What the model saw in run ${run.number}" onClose=${onClose} class="dialog--wide dialog--tall">
    <div class="inspector">
      ${problem && html`<p class="alert" role="alert">${problem}</p>`}
      ${!found && !problem && html`<p class="inspector__wait" role="status">One moment …</p>`}
      ${found && calls.length === 0 && html`<p class="inspector__none">No model was asked in this run, or it was too long ago to be kept.</p>`}
      ${
        calls.length > 1 &&
        html`<div class="field">
          <label for="model-call">Call of a model</label>
          <select id="model-call" value=${current.position} onChange=${({ target }) => choose(Number(target.value))}>
            ${calls.map((call) => html`<option key=${call.position} value=${call.position}>${nameOfCall(call, models)}</option>`)}
          </select>
        </div>`
      }
      ${
        current &&
        html`<${WithMasks} session=${session} workspace=${workspace}>
          <${Call} key=${current.position} run=${run} call=${current} isOnly=${calls.length === 1} models=${models} />
        <//>`
      }
    </div>
  <//>`;
}

const sizeOf = ({ tokens }) => (tokens > 0 ? `, about ${wholeNumber(tokens)} tokens` : "");

const nameOfCall = ({ position, model, created_at, ...call }, models) =>
  `${position}. ${nameOf(models, model)}, ${moment(created_at)}${sizeOf(call)}`;

/** What a request brings: `{found, problem}`. Read again when `key` is another one. */
function useRead(request, key) {
  const [state, setState] = useState({});
  useEffect(() => {
    let isOpen = true;
    setState({});
    request().then(
      (found) => isOpen && setState({ found }),
      (error) => isOpen && setState({ problem: error.message }),
    );
    return () => {
      isOpen = false;
    };
  }, [key]);
  return state;
}

function Call({ run, call, isOnly, models }) {
  const { found, problem } = useRead(() => api.modelCall(run.id, call.position), call.position);
  if (problem) return html`<p class="alert" role="alert">${problem}</p>`;
  if (!found) return html`<p class="inspector__wait" role="status">One moment …</p>`;
  const { sections = [], tools = [], complete } = found;
  const leftOut = leftOutOf(found);
  return html`
    ${isOnly && html`<p class="seen__about">${nameOf(models, call.model)}, ${moment(call.created_at)}${sizeOf(call)}.</p>`}
    ${complete === false && html`<p class="notice">Something of it is gone since, and is not shown here.</p>`}
    ${leftOut && html`<p class="notice">${leftOut} There was no room for more, or a person left it out.</p>`}
    ${
      sections.length > 0 &&
      html`<section aria-labelledby="seen-told">
        <h3 id="seen-told">What it was told</h3>
        <div class="inspector__sections">${sections.map((section, index) => html`<${Section} key=${index} section=${section} />`)}</div>
      </section>`
    }
    ${
      tools.length > 0 &&
      html`<section aria-labelledby="seen-tools">
        <h3 id="seen-tools">What it could call</h3>
        <${Tools} tools=${tools} />
      </section>`
    }
    <section aria-labelledby="seen-messages">
      <h3 id="seen-messages">What was said</h3>
      ${sectionsOf(found).map((section, index) => html`<${Said} key=${index} section=${section} run=${run} />`)}
    </section>
  `;
}

function Section({ section: { title, text, tokens } }) {
  return html`<details class="inspector__section">
    <summary>
      <${Icon} name="chevron" size=${14} />
      <span class="inspector__title">${title}</span>
      <span class="inspector__tokens">${wholeNumber(tokens)}<span class="visually-hidden"> tokens</span></span>
    </summary>
    <pre tabindex="0" dir="auto"><${MaskedText} text=${text} /></pre>
  </details>`;
}

/** Many are folded: they are seldom what is looked for. */
function Tools({ tools }) {
  const list = html`<div class="inspector__sections">${tools.map((tool) => html`<${Tool} key=${tool.name} tool=${tool} />`)}</div>`;
  if (tools.length <= FEW) return list;
  return html`<details class="seen__tools">
    <summary><${Icon} name="chevron" size=${14} /> ${tools.length} tools</summary>
    ${list}
  </details>`;
}

function Tool({ tool: { name, description, schema } }) {
  return html`<details class="inspector__section">
    <summary>
      <${Icon} name="chevron" size=${14} />
      <span class="inspector__title">${name}</span>
    </summary>
    <pre tabindex="0" dir="auto">${[description, schema && JSON.stringify(schema, null, 2)].filter(Boolean).join("\n\n")}</pre>
  </details>`;
}

/** What one run, or a summary, brought into the call. */
function Said({ section: { number, messages }, run }) {
  const isOwn = number === run.number;
  return html`<div class="seen__run" role="group" aria-label=${number === null ? "Of no run" : `Run ${number}`}>
    ${number !== null && html`<p class="seen__number">Run ${number}${isOwn && ", this one"}</p>`}
    ${messages.map((message, index) => html`<${SaidMessage} key=${index} message=${message} />`)}
  </div>`;
}

function SaidMessage({ message }) {
  const text = textOf(message);
  const [whole, showWhole] = useState(false);
  const isCut = text.length > LONG && !whole;
  return html`<div class="seen__message seen__message--${message.form}">
    <p class="seen__who">${roleOf(message)} ${FORMS[message.form] && html`<span class="chip">${FORMS[message.form]}</span>`}</p>
    <p class="seen__text" dir="auto"><${MaskedText} text=${isCut ? text.slice(0, LONG) : text} cut=${isCut} />${isCut && " …"}</p>
    ${
      text.length > LONG &&
      html`<button type="button" class="link-button" aria-expanded=${String(whole)} onClick=${() => showWhole(!whole)}>
        ${whole ? "Show less" : `Show all ${wholeNumber(text.length)} characters`}
      </button>`
    }
  </div>`;
}
