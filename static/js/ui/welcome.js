// The page of a conversation that does not exist yet: who answers, and a few ways to begin.
import { html, useEffect } from "../lib/preact.js";
import { answerer, labelOf } from "../state/catalogue.js";
import { useStore } from "../state/store.js";
import { Composer } from "./composer.js";
import { Icon, IconButton } from "./icons.js";

export function Welcome({ workspace }) {
  const catalogue = useStore(workspace.catalogue);
  const choice = useStore(workspace.choice);
  const { agent, model } = answerer(catalogue, choice);
  useEffect(() => {
    document.title = "Coday";
  }, []);
  return html`<main class="conversation conversation--new">
    <header class="topbar topbar--bare">
      <${IconButton}
        name="menu"
        label="Conversations"
        class="topbar__menu"
        onClick=${() => workspace.surface.patch({ drawer: true })}
      />
    </header>
    <section class="welcome">
      <p class="welcome__greeting">Hello, ${workspace.user.username}.</p>
      <h1 class="welcome__title">What shall we work on?</h1>
      ${agent?.description && html`<p class="welcome__agent"><strong>${labelOf(agent)}</strong> ${agent.description}</p>`}
      ${catalogue.loaded && !model && html`<${NoModel} workspace=${workspace} />`}
      <${Suggestions} workspace=${workspace} suggestions=${agent?.suggestions ?? []} />
    </section>
    <${Composer} workspace=${workspace} session=${null} />
  </main>`;
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
