// What an agent does, as the server would have it do it now: what it is told, section by section, its tools, skills and
// those it may hand work to.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { labelOf, nameOf } from "../../state/catalogue.js";
import { useStore } from "../../state/store.js";
import { Dialog } from "../dialog.js";
import { shortNumber, wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { AgentIcon } from "./agent-icon.js";

const LAYERS = { coday: "Coday", agent: "the agent", skill: "a skill", site: "the site", person: "you" };
const POLICIES = { allow: "may use it", ask: "asks you first", off: "off" };
/** Kinds that are worth a word; the others just run. */
const KINDS = {
  backend: "",
  mcp: "",
  display: "Shows it in the page.",
  client: "Waits for your answer.",
  async: "Comes back when it is done.",
};

/** `detail` is `{slug}`; the open conversation counts: its skills are part of it. */
export function InspectorDialog({ workspace, detail: { slug }, onClose }) {
  const catalogue = useStore(workspace.catalogue);
  const agent = catalogue.agents.find((one) => one.slug === slug) ?? { slug };
  const { inspection, problem } = useInspection(slug, workspace.session.value?.threadId);
  return html`<${Dialog} title="What ${labelOf(agent)} does" onClose=${onClose} class="dialog--wide">
    <div class="inspector">
      <div class="inspector__head">
        <${AgentIcon} agent=${agent} size="large" />
        <p class="inspector__about">${agent.description}</p>
      </div>
      ${problem && html`<p class="alert" role="alert">${problem}</p>`}
      ${
        inspection
          ? html`<${Inspection} inspection=${inspection} catalogue=${catalogue} />`
          : !problem && html`<p class="inspector__wait" role="status">One moment …</p>`
      }
    </div>
  <//>`;
}

function useInspection(slug, thread) {
  const [state, setState] = useState({ inspection: null, problem: "" });
  useEffect(() => {
    api.agentInspection(slug, { thread }).then(
      (inspection) => setState({ inspection, problem: "" }),
      (error) => setState({ inspection: null, problem: error.message }),
    );
  }, [slug]);
  return state;
}

function Inspection({ inspection, catalogue }) {
  const { sections, tokens, context_window: window, model, notices = [] } = inspection;
  const { tools = [], skills = [], delegates = [] } = inspection;
  return html`
    <${Size} sections=${sections} tokens=${tokens} window=${window} model=${nameOf(catalogue.models, model)} />
    ${notices.map((notice) => html`<p class="notice" key=${notice}>${notice}</p>`)}
    <section aria-labelledby="inspector-told">
      <h3 id="inspector-told">What it is told</h3>
      <div class="inspector__sections">
        ${sections.map((section, index) => html`<${Section} key=${index} section=${section} catalogue=${catalogue} />`)}
      </div>
    </section>
    <section aria-labelledby="inspector-tools">
      <h3 id="inspector-tools">Its tools</h3>
      ${
        tools.length > 0
          ? html`<ul class="inspector__list">
              ${tools.map((tool) => html`<${Tool} key=${tool.name} tool=${tool} catalogue=${catalogue} />`)}
            </ul>`
          : html`<p class="inspector__none">It has none: it talks.</p>`
      }
    </section>
    ${
      skills.length > 0 &&
      html`<section aria-labelledby="inspector-skills">
        <h3 id="inspector-skills">Its skills</h3>
        <ul class="inspector__list">
          ${skills.map(
            ({ slug, name, state }) =>
              html`<li key=${slug} class="inspector__item">
                <span class="inspector__name"><${Icon} name="book" size=${15} /> ${name}</span>
                <span class="inspector__policy">${state === "active" ? "active" : "when it needs it"}</span>
              </li>`,
          )}
        </ul>
      </section>`
    }
    ${
      delegates.length > 0 &&
      html`<section aria-labelledby="inspector-delegates">
        <h3 id="inspector-delegates">Whom it may ask</h3>
        <ul class="inspector__list">
          ${delegates.map((agent) => {
            const known = catalogue.agents.find(({ slug }) => slug === agent.slug) ?? agent;
            return html`<li key=${agent.slug} class="inspector__item">
              <span class="inspector__name"><${AgentIcon} agent=${known} size="small" /> ${labelOf(known)}</span>
              <span class="inspector__note">${known.description}</span>
            </li>`;
          })}
        </ul>
      </section>`
    }
  `;
}

/** How much of the model's window is taken before anybody has said anything. */
function Size({ tokens, window, model }) {
  return html`<div class="inspector__size">
    <p>
      <strong>${wholeNumber(tokens)} tokens</strong> before the first word${model && ` for ${model}`}${
        window ? `, of ${shortNumber(window)} that fit` : ""
      }.
    </p>
    ${window > 0 && html`<meter min="0" max=${window} value=${tokens} aria-label="Share of the window"></meter>`}
  </div>`;
}

function Section({ section: { title, layer, source, text, tokens, shortened }, catalogue }) {
  const writer = source && nameOf(layer === "skill" ? catalogue.skills : catalogue.agents, source);
  return html`<details class="inspector__section">
    <summary>
      <${Icon} name="chevron" size=${14} />
      <span class="inspector__title">${title}</span>
      <span class="inspector__origin">${shortened ? "shortened, " : ""}from ${writer || (LAYERS[layer] ?? layer)}</span>
      <span class="inspector__tokens">${wholeNumber(tokens)}<span class="visually-hidden"> tokens</span></span>
    </summary>
    <pre tabindex="0" dir="auto">${text}</pre>
  </details>`;
}

function Tool({ tool: { name, title, description, kind, policy, server, skill }, catalogue }) {
  const about = [
    KINDS[kind],
    server && `Runs on the server ${server}.`,
    skill && `Comes with the skill ${nameOf(catalogue.skills, skill)}.`,
  ];
  return html`<li class="inspector__item">
    <span class="inspector__name">${title || name} ${title && title !== name && html`<code>${name}</code>`}</span>
    <span class="inspector__policy inspector__policy--${policy}">${POLICIES[policy] ?? policy}</span>
    <span class="inspector__note">${description} <span class="inspector__kind">${about.filter(Boolean).join(" ")}</span></span>
  </li>`;
}
