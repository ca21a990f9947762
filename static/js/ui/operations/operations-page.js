// The page of what goes on after its run, in all conversations: reminders and jobs, what became of them, and how to call one off.
import { html, useEffect } from "../../lib/preact.js";
import { goesOn, STATUSES } from "../../state/operations.js";
import { useStore } from "../../state/store.js";
import { IconButton } from "../icons.js";
import { setPageTitle } from "../page-title.js";
import { OperationRow, STATUS } from "./operation-row.js";

const EVERY = 15_000; // ms between two looks while something goes on: nothing tells of a deadline that has passed

export function OperationsPage({ workspace }) {
  const { status, open, ended, phase, error } = useStore(workspace.operations.page);
  useLiveList(workspace);
  useEffect(() => setPageTitle("Operations"), []);
  const shown = { workspace, phase, onMore: (name) => workspace.operations.more(name) };
  const isEmpty = open.results.length + ended.results.length === 0;
  return html`<main class="conversation operations-page">
    <header class="topbar">
      <${IconButton} name="menu" label="Conversations" class="topbar__menu" onClick=${() => workspace.surface.patch({ drawer: true })} />
      <h1 class="topbar__title">Operations</h1>
    </header>
    <div class="operations-page__scroll">
      <div class="operations-page__content" id="operations-list" tabindex="-1" aria-busy=${String(phase === "loading")}>
        <p class="operations-page__about">Reminders and jobs that go on after the run that started them. When one ends, a new run brings its result.</p>
        <${Filter} status=${status} onChoose=${(one) => workspace.operations.show(one)} />
        <${Section} ...${shown} name="open" title="In progress" list=${open} />
        <${Section} ...${shown} name="ended" title=${STATUS[status]?.label ?? "Ended"} list=${ended} />
        <${Outcome} phase=${phase} error=${error} isEmpty=${isEmpty} status=${status} onRetry=${() => workspace.operations.show()} />
      </div>
    </div>
  </main>`;
}

/** Reads the list when it is shown, and again when something happens in a conversation, or some time has passed. */
function useLiveList({ operations, list }) {
  useEffect(() => {
    operations.show();
    const forget = list.store.subscribe(() => operations.refreshSoon());
    const timer = setInterval(() => {
      if (operations.page.value.open.results.some(goesOn) && !document.hidden) operations.refreshSoon();
    }, EVERY);
    return () => {
      forget();
      clearInterval(timer);
      operations.rest();
    };
  }, []);
}

function Filter({ status, onChoose }) {
  return html`<fieldset class="segments operations-page__filter">
    <legend class="visually-hidden">Show</legend>
    ${STATUSES.map(
      (one) =>
        html`<label key=${one} class="segment">
          <input type="radio" name="operation-status" checked=${status === one} onChange=${() => onChoose(one)} />
          <span>${STATUS[one]?.label ?? "All"}</span>
        </label>`,
    )}
  </fieldset>`;
}

function Section({ workspace, name, title, list, phase, onMore }) {
  if (list.results.length === 0 && !list.next) return null;
  return html`<section aria-labelledby="operations-${name}">
    <h2 class="operations-page__section" id="operations-${name}">${title}</h2>
    <ul class="operations">
      ${list.results.map((operation) => html`<${OperationRow} key=${operation.id} workspace=${workspace} operation=${operation} />`)}
    </ul>
    ${
      list.next &&
      html`<button type="button" class="button button--wide" disabled=${phase === "more"} onClick=${() => onMore(name)}>
        ${phase === "more" ? "Loading …" : "Show more"}
      </button>`
    }
  </section>`;
}

/** What is not to be seen in the list. */
function Outcome({ phase, error, isEmpty, status, onRetry }) {
  if (phase === "failed") {
    return html`<p class="operations-page__note" role="alert">
      ${error.message} <button type="button" class="link-button" onClick=${onRetry}>Try again</button>
    </p>`;
  }
  if (!isEmpty) return null;
  if (phase !== "ready") return html`<p class="operations-page__note" role="status">Loading …</p>`;
  return html`<p class="operations-page__note" role="status">${status ? "There is none." : "Nothing goes on, and nothing has."}</p>`;
}
