// The page of a conversation that does not exist yet: who answers, and a few ways to begin.
import { html, useEffect } from "../lib/preact.js";
import { answerer, labelOf } from "../state/catalogue.js";
import { useStore } from "../state/store.js";
import { AgentIcon } from "./agents/agent-icon.js";
import { Icon, IconButton } from "./icons.js";
import { setPageTitle } from "./page-title.js";

export function Welcome({ workspace }) {
  const catalogue = useStore(workspace.catalogue);
  const choice = useStore(workspace.choice);
  const picked = useStore(workspace.composer.store, (draft) => draft.agent);
  const { agent, model } = answerer(catalogue, picked ? { ...choice, agent: picked } : choice);
  useEffect(() => {
    setPageTitle("");
  }, []);
  return html`<section class="welcome">
      <p class="welcome__greeting">Hello, ${workspace.user.username}.</p>
      <h1 class="welcome__title">What shall we work on?</h1>
      ${agent && html`<${Answering} workspace=${workspace} agent=${agent} />`}
      ${catalogue.loaded && !model && html`<${NoModel} workspace=${workspace} />`}
      <${Suggestions} workspace=${workspace} suggestions=${agent?.suggestions ?? []} />
  </section>`;
}

export function WelcomeHead({ workspace }) {
  return html`<header class="topbar topbar--bare">
    <${IconButton}
      name="menu"
      label="Conversations"
      class="topbar__menu"
      onClick=${() => workspace.surface.patch({ drawer: true })}
    />
  </header>`;
}

/** Who answers, and what they are for. */
function Answering({ workspace, agent }) {
  return html`<div class="welcome__agent">
    <${AgentIcon} agent=${agent} size="large" />
    <div class="welcome__about">
      <strong>${labelOf(agent)}</strong>
      <p>
        ${agent.description}${" "}
        <button
          type="button"
          class="link-button"
          aria-haspopup="dialog"
          onClick=${() => workspace.dialog("agent", { slug: agent.slug })}
        >
          What does it do?
        </button>
      </p>
    </div>
  </div>`;
}

function Suggestions({ workspace, suggestions }) {
  const begin = (text) => {
    workspace.composer.write(text);
    workspace.focusComposer();
  };
  if (suggestions.length === 0) return null;
  return html`<ul class="suggestions" aria-label="Suggestions">
    ${suggestions.map((suggestion) => {
      const text = suggestion.text ?? suggestion;
      return html`<li key=${text}>
        <button type="button" class="suggestion" onClick=${() => begin(text)}>
          <span>${suggestion.title ?? text}</span><${Icon} name="arrowUp" size=${15} />
        </button>
      </li>`;
    })}
  </ul>`;
}

function NoModel({ workspace }) {
  return html`<p class="notice">
    No model can be used yet.
    ${
      workspace.user.is_staff
        ? html`<a href="/admin/">Add a provider and a model</a> in the administration.`
        : "An administrator can add one."
    }
  </p>`;
}
