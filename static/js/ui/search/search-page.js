// The page that finds runs: what is looked for, what it is narrowed down to, and what was found, with the way to it.
import { html, useEffect, useMemo, useRef, useState } from "../../lib/preact.js";
import { among, everything, isSelecting, noSelection, toggled, upTo } from "../../state/selection.js";
import { useStore } from "../../state/store.js";
import { useEscape } from "../escape.js";
import { Icon, IconButton } from "../icons.js";
import { RunSelectionBar } from "../organize/run-selection-bar.js";
import { setPageTitle } from "../page-title.js";
import { useStable } from "../use-stable.js";
import { FilterChips, FilterPanel } from "./filters.js";
import { SearchResult } from "./search-result.js";

const DELAY = 250; // ms after the last key

export function SearchPage({ workspace }) {
  const { filters, runs, next, phase, error } = useStore(workspace.search.store);
  const [narrow, setNarrow] = useState(false);
  const [chosen, choose] = useState(noSelection);
  const order = useMemo(() => runs.map(({ id }) => id), [runs]);
  const selection = useMemo(() => among(chosen, order), [chosen, order]);
  useEffect(() => setPageTitle("Search"), []); // the browser keeps what a tab was called: not what was looked for
  const change = (fields) => workspace.changeSearch({ ...workspace.search.store.value.filters, ...fields });
  const select = useStable((id, { range = false } = {}) =>
    choose(range ? upTo(selection, id, order) : toggled(selection, id)),
  );
  useEscape(isSelecting(selection), () => choose(noSelection));
  return html`<main class="conversation search-page">
    <header class="topbar">
      <${IconButton}
        name="menu"
        label="Conversations"
        class="topbar__menu"
        onClick=${() => workspace.surface.patch({ drawer: true })}
      />
      <h1 class="topbar__title">Search</h1>
    </header>
    <div class="search-page__scroll">
      <div class="search-page__content">
        <div class="search-page__bar">
          <${Field} value=${filters.q ?? ""} onChange=${(q) => change({ q })} />
          <button type="button" class="button" aria-expanded=${String(narrow)} aria-controls="search-filters" onClick=${() => setNarrow(!narrow)}>
            <${Icon} name="sliders" size=${16} /> Filters
          </button>
        </div>
        ${narrow && html`<${FilterPanel} workspace=${workspace} filters=${filters} onChange=${change} />`}
        <${FilterChips} workspace=${workspace} filters=${filters} onChange=${change} />
        ${
          runs.length > 0 &&
          html`<div>
            <button type="button" class="button button--quiet button--small" onClick=${() => workspace.dialog("ask-about-runs", { filters })}>
              <${Icon} name="help" size=${15} /> Ask about all that is found
            </button>
          </div>`
        }
        <ol class="results" aria-label="Runs" aria-busy=${String(phase === "loading")}>
          ${runs.map(
            (run) =>
              html`<${SearchResult}
                key=${run.id}
                workspace=${workspace}
                run=${run}
                selecting=${isSelecting(selection)}
                selected=${selection.ids.has(run.id)}
                onSelect=${select}
              />`,
          )}
        </ol>
        <${Outcome} phase=${phase} error=${error} count=${runs.length} more=${Boolean(next)} filters=${filters} onRetry=${() => workspace.search.look(filters)} onClear=${() => workspace.changeSearch({ q: filters.q })} />
        ${
          next &&
          phase !== "loading" &&
          html`<button type="button" class="button button--wide" disabled=${phase === "more"} onClick=${() => workspace.search.more()}>
            ${phase === "more" ? "Loading …" : "Show more"}
          </button>`
        }
      </div>
    </div>
    ${
      isSelecting(selection) &&
      html`<div class="search-page__selection">
        <${RunSelectionBar}
          workspace=${workspace}
          runs=${runs.filter(({ id }) => selection.ids.has(id))}
          onAll=${() => choose(everything(order))}
          onDone=${() => choose(noSelection)}
        />
      </div>`
    }
  </main>`;
}

function Field({ value, onChange }) {
  const timer = useRef(0);
  const field = useRef(null);
  useEffect(() => {
    field.current.focus();
    return () => clearTimeout(timer.current); // whoever has left the page looks for nothing more
  }, []);
  useEffect(() => {
    // The address may have changed under it; what is being typed is not touched.
    if (field.current.value.trim() !== value) field.current.value = value;
  }, [value]);
  const look = (delay) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(field.current.value.trim()), delay);
  };
  const submit = (event) => {
    event.preventDefault();
    look(0);
  };
  return html`<form class="search" role="search" onSubmit=${submit}>
    <${Icon} name="search" size=${17} />
    <input
      id="search-text"
      type="search"
      ref=${field}
      defaultValue=${value}
      maxlength="500"
      placeholder="Search everything that was said"
      aria-label="Search in all runs"
      onInput=${() => look(DELAY)}
    />
  </form>`;
}

/** What came of it, where that is not to be seen. */
function Outcome({ phase, error, count, more, filters, onRetry, onClear }) {
  if (phase === "failed" || error) {
    return html`<p class="search-page__note" role="alert">
      ${error.message} <button type="button" class="link-button" onClick=${onRetry}>Try again</button>
    </p>`;
  }
  if (phase === "loading" || phase === "idle") return html`<p class="search-page__note" role="status">Searching …</p>`;
  if (count > 0) return html`<p class="visually-hidden" role="status">${count} ${more ? "runs and more" : "runs"} found.</p>`;
  const narrowed = Object.entries(filters).some(([name, value]) => name !== "q" && value);
  return html`<div class="search-page__note" role="status">
    <p>${filters.q ? `Nothing found for “${filters.q}”.` : "No run is like that."}</p>
    ${narrowed && html`<button type="button" class="button button--small" onClick=${onClear}>Without the filters</button>`}
  </div>`;
}
