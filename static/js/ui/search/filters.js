// What a search is narrowed down to: fields to choose from, and chips that say what was chosen.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { labelOf, nameOf } from "../../state/catalogue.js";
import { withLabels } from "../../state/mask-names.js";
import { useStore } from "../../state/store.js";
import { byName } from "../../state/tags.js";
import { Icon } from "../icons.js";
import { useTitle } from "../masks.js";

const STATUS = [
  ["completed", "Completed"],
  ["failed", "Failed"],
  ["interrupted", "Interrupted"],
  ["cancelled", "Stopped"],
  ["waiting", "Waits for you"],
  ["running", "Answering"],
  ["queued", "Queued"],
];
const KINDS = [
  ["user", "A person"],
  ["system", "The system"],
];
const TRIGGERS = [
  ["user", "A message"],
  ["tool", "A finished tool"],
  ["delegation", "Another agent"],
  ["schedule", "A schedule"],
  ["webhook", "A webhook"],
];

/** `onChange({name: value})`; an empty value is any. */
export function FilterPanel({ workspace, filters, onChange }) {
  const catalogue = useStore(workspace.catalogue);
  const tags = Object.values(useStore(workspace.tags.store)).sort(byName);
  const tools = useTools();
  const groups = useGroups(filters.thread);
  const named = ({ slug, ...rest }) => [slug, labelOf({ slug, ...rest })];
  const shared = { filters, onChange };
  return html`<fieldset class="filters" id="search-filters">
    <legend class="visually-hidden">Filters</legend>
    <${Choice} ...${shared} name="tag" label="Tag" options=${tags.map(({ name }) => [name, name])} />
    <${Choice} ...${shared} name="status" label="Status" options=${STATUS} />
    <${Choice} ...${shared} name="kind" label="Asked by" options=${KINDS} />
    <${Choice} ...${shared} name="trigger" label="Started by" options=${TRIGGERS} />
    <${Choice} ...${shared} name="agent" label="Agent" options=${catalogue.agents.map(named)} />
    <${Choice} ...${shared} name="model" label="Model" options=${catalogue.models.map(named)} />
    <${Choice} ...${shared} name="tool" label="Tool" options=${tools.map((name) => [name, name])} />
    ${groups.length > 0 && html`<${Choice} ...${shared} name="group" label="Group" options=${groups} />`}
    <${Entry} ...${shared} name="since" label="From" type="date" />
    <${Entry} ...${shared} name="until" label="To" type="date" />
    <${Entry} ...${shared} name="importance" label="Importance at least" type="number" min="0" max="100" step="5" />
    <${Entry} ...${shared} name="cost" label="Cost at least" type="number" min="0" step="any" />
    <label class="filters__pinned">
      <input type="checkbox" checked=${filters.pinned === "true"} onChange=${({ target }) => onChange({ pinned: target.checked ? "true" : "" })} />
      Pinned ones only
    </label>
  </fieldset>`;
}

function useTools() {
  const [tools, setTools] = useState([]);
  useEffect(() => {
    // Without their names the other filters are still filters.
    api.tools().then(({ results }) => setTools(results.map(({ name }) => name).sort()), () => setTools([]));
  }, []);
  return tools;
}

/** The named groups of the conversation that is searched, as options; none where all are searched. */
function useGroups(threadId) {
  const [groups, setGroups] = useState([]);
  useEffect(() => {
    setGroups([]);
    // Without their names the other filters are still filters.
    if (threadId) api.groups(threadId).then(({ results }) => setGroups(results), () => setGroups([]));
  }, [threadId]);
  return groups.map(({ id, name }) => [id, withLabels(name)]);
}

/** What is looked for and not offered (any more) is still shown as chosen. */
function Choice({ name, label, options, filters, onChange }) {
  const value = filters[name] ?? "";
  const offered = value && !options.some(([one]) => one === value) ? [...options, [value, value]] : options;
  return html`<div class="field">
    <label for="filter-${name}">${label}</label>
    <select id="filter-${name}" value=${value} onChange=${({ target }) => onChange({ [name]: target.value })}>
      <option value="">Any</option>
      ${offered.map(([one, said]) => html`<option key=${one} value=${one}>${said}</option>`)}
    </select>
  </div>`;
}

function Entry({ name, label, filters, onChange, ...rest }) {
  return html`<div class="field">
    <label for="filter-${name}">${label}</label>
    <input id="filter-${name}" value=${filters[name] ?? ""} ...${rest} onChange=${({ target }) => target.validity.valid && onChange({ [name]: target.value })} />
  </div>`;
}

/** One chip for each filter that narrows the search, to take it away. */
export function FilterChips({ workspace, filters, onChange }) {
  const catalogue = useStore(workspace.catalogue);
  const said = (pairs, value) => pairs.find(([one]) => one === value)?.[1] ?? value;
  const words = {
    tag: (value) => `Tag: ${value}`,
    status: (value) => said(STATUS, value),
    kind: (value) => `Asked by: ${said(KINDS, value).toLowerCase()}`,
    trigger: (value) => `Started by: ${said(TRIGGERS, value).toLowerCase()}`,
    agent: (value) => nameOf(catalogue.agents, value),
    model: (value) => nameOf(catalogue.models, value),
    tool: (value) => `Tool: ${value}`,
    since: (value) => `From ${value}`,
    until: (value) => `To ${value}`,
    importance: (value) => `Importance ${value} and more`,
    cost: (value) => `Cost ${value} and more`,
    pinned: () => "Pinned",
    template: (value) => `Template: ${catalogue.templates.find(({ id }) => id === value)?.name ?? "one"}`,
    rating: (value) => (value === "1" ? "Thumbs up" : "Thumbs down"),
    group: () => "In one group",
  };
  const given = Object.entries(filters).filter(([name, value]) => value && name in words);
  if (given.length === 0 && !filters.thread) return null;
  return html`<ul class="filter-chips" aria-label="Filters that hold">
    ${
      filters.thread &&
      html`<li key="thread"><${ThreadChip} workspace=${workspace} id=${filters.thread} onRemove=${() => onChange({ thread: "", group: "" })} /></li>`
    }
    ${given.map(([name, value]) => html`<li key=${name}><${Chip} said=${words[name](value)} onRemove=${() => onChange({ [name]: "" })} /></li>`)}
  </ul>`;
}

function ThreadChip({ workspace, id, onRemove }) {
  const listed = useStore(workspace.list.store, ({ threads }) => threads[id]);
  const found = useStore(workspace.search.store, ({ runs }) => runs.find(({ thread }) => thread.id === id)?.thread);
  const title = useTitle(workspace, listed ?? found ?? { id, title: "one conversation" });
  return html`<${Chip} said="In: ${title}" onRemove=${onRemove} />`;
}

const Chip = ({ said, onRemove }) =>
  html`<button type="button" class="filter-chip" aria-label="Without “${said}”" onClick=${onRemove}>
    <span class="filter-chip__text">${said}</span> <${Icon} name="close" size=${13} />
  </button>`;
