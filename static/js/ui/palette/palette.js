// The palette: go to a conversation or a run, or do something, by a few letters. A combobox: the focus stays in the field.
import { html, useEffect, useId, useMemo, useRef, useState } from "../../lib/preact.js";
import { mergedThreads, matchingCommands, stepped } from "../../state/palette.js";
import { withLabels } from "../../state/mask-names.js";
import { unmaskText } from "../../state/masks.js";
import { useStore } from "../../state/store.js";
import { titleOf } from "../../state/thread-list.js";
import { Dialog } from "../dialog.js";
import { moment } from "../format.js";
import { Icon } from "../icons.js";
import { FoundRun, FoundThread, placeOf } from "../search/found-run.js";
import { Snippet } from "../search/snippet.js";
import { commandsOf } from "./commands.js";
import { useFound } from "./use-found.js";

const RECENT = 6; // conversations that are offered before anything is typed
const STEPS = { ArrowDown: 1, ArrowUp: -1 };

export function Palette({ workspace, onClose }) {
  const [typed, setTyped] = useState("");
  const [active, setActive] = useState(0);
  const found = useFound(typed);
  const sections = useSections(workspace, typed, found);
  const entries = sections.flatMap((section) => section.entries);
  const current = Math.min(active, entries.length - 1);
  const id = useId();
  const list = useRef(null);
  useEffect(() => {
    list.current.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [current, typed]);

  const take = (entry) => {
    onClose();
    entry.run();
  };
  const onKeyDown = (event) => {
    if (event.isComposing) return;
    if (event.key in STEPS) setActive(stepped(current, STEPS[event.key], entries.length));
    else if (event.key === "Enter" && entries[current]) take(entries[current]);
    else return;
    event.preventDefault();
  };
  return html`<${Dialog} title="Find and do anything" bare onClose=${onClose} class="palette">
    <div class="palette__field">
      <${Icon} name="search" size=${18} />
      <input
        role="combobox"
        aria-label="Find and do anything"
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls=${id}
        aria-activedescendant=${entries.length ? `${id}-${current}` : undefined}
        placeholder="Go to, search, or do …"
        autocomplete="off"
        spellcheck=${false}
        maxlength="500"
        autofocus
        onInput=${({ target }) => {
          setTyped(target.value);
          setActive(0);
        }}
        onKeyDown=${onKeyDown}
      />
      <button type="button" class="palette__close" onClick=${onClose}><kbd>Esc</kbd><span class="visually-hidden">Close</span></button>
    </div>
    <div class="palette__list" role="listbox" id=${id} aria-label="Found" ref=${list}>
      ${sections.map(
        ({ name, entries: ofSection }) =>
          html`<div key=${name} role="group" aria-label=${name}>
            <p class="palette__section" aria-hidden="true">${name}</p>
            ${ofSection.map((entry) => {
              const index = entries.indexOf(entry);
              return html`<div
                key=${entry.key}
                id="${id}-${index}"
                class="palette__entry"
                role="option"
                aria-selected=${String(index === current)}
                onPointerMove=${() => index !== current && setActive(index)}
                onClick=${() => take(entry)}
              >
                ${entry.draw()}
              </div>`;
            })}
          </div>`,
      )}
    </div>
    <${Foot} typed=${typed} found=${found} count=${entries.length} />
  <//>`;
}

/** What is offered, section by section: `[{name, entries: [{key, run, draw}]}]`. */
function useSections(workspace, typed, found) {
  const { threads } = useStore(workspace.list.store);
  const books = useStore(workspace.books.store);
  const open = workspace.session.value?.threadId;
  return useMemo(() => {
    const query = typed.trim();
    const newest = Object.values(threads).sort((a, b) => (a.updated_at < b.updated_at ? 1 : -1));
    const listed = query
      ? newest.map((thread) => ({ ...thread, title: readable(thread, books) }))
      : newest.filter(({ id }) => id !== open).slice(0, RECENT);
    const shown = query ? mergedThreads(listed, found.threads, query) : listed;
    const commands = matchingCommands(commandsOf(workspace), query).map(commandEntry);
    const conversations = shown.map((thread) => threadEntry(workspace, { ...thread, title: threads[thread.id]?.title ?? thread.title }));
    const runs = query ? found.runs.map((run) => runEntry(workspace, run)) : [];
    const more = query ? [searchEntry(workspace, query)] : [];
    return [
      { name: "Recent conversations", entries: query ? [] : conversations },
      { name: "Actions", entries: commands },
      { name: "Conversations", entries: query ? conversations : [] },
      { name: "Runs", entries: runs },
      { name: "More", entries: more },
    ].filter(({ entries }) => entries.length > 0);
  }, [threads, books, typed, found]);
}

function readable(thread, books) {
  const title = titleOf(thread);
  return thread.anonymous ? withLabels(unmaskText(title, books[thread.id] ?? {})) : title;
}

const commandEntry = (command) => ({
  key: command.label,
  run: command.run,
  draw: () => html`<${Icon} name=${command.icon} size=${16} />
    <span class="palette__text"><span class="palette__name">${command.label}</span></span>
    ${command.keys && html`<span class="palette__keys">${command.keys.map((key) => html`<kbd key=${key}>${key}</kbd>`)}</span>`}`,
});

const threadEntry = (workspace, thread) => ({
  key: thread.id,
  run: () => (thread.run_id ? workspace.openRun(thread.id, thread.run_id) : workspace.openThread(thread.id)),
  draw: () => html`<${Icon} name=${thread.archived ? "archive" : "bubble"} size=${16} />
    <span class="palette__text">
      <span class="palette__name"><${FoundThread} workspace=${workspace} thread=${thread} /></span>
      ${thread.snippet && html`<span class="palette__note"><${Snippet} workspace=${workspace} thread=${thread} snippet=${thread.snippet} /></span>`}
    </span>
    <span class="palette__when">${moment(thread.updated_at)}</span>`,
});

const runEntry = (workspace, run) => ({
  key: run.id,
  run: () => workspace.openRun(run.thread.id, placeOf(run)),
  draw: () => html`<span class="palette__number" aria-label="run ${run.number}">${run.number}</span>
    <span class="palette__text">
      <span class="palette__name found"><${FoundRun} workspace=${workspace} run=${run} /></span>
      <span class="palette__note"><${FoundThread} workspace=${workspace} thread=${run.thread} /></span>
    </span>
    <span class="palette__when">${moment(run.created_at)}</span>`,
});

const searchEntry = (workspace, query) => ({
  key: "search",
  run: () => workspace.openSearch({ q: query }),
  draw: () => html`<${Icon} name="search" size=${16} />
    <span class="palette__text"><span class="palette__name">All runs with “${query}”, with filters</span></span>`,
});

/** How it stands, to see and to hear. */
function Foot({ typed, found, count }) {
  if (found.error) return html`<p class="palette__foot palette__foot--error" role="alert">Not all could be searched: ${found.error.message}</p>`;
  const isNone = typed.trim() && !found.loading && found.threads.length + found.runs.length === 0;
  const said = found.loading ? "Searching …" : isNone ? `Nothing was said about “${typed.trim()}”.` : "";
  return html`<p class="palette__foot">
    <span role="status">${said}<span class="visually-hidden">${!found.loading && ` ${count} entries.`}</span></span>
    <span class="palette__hint" aria-hidden="true"><kbd>↑</kbd> <kbd>↓</kbd> choose <kbd>Enter</kbd> open</span>
  </p>`;
}
