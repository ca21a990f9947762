// The list of conversations: what is found, folders, sections by age, and what can be done with one or several.
import { html, useEffect, useMemo, useState } from "../../lib/preact.js";
import { among, everything, isSelecting, noSelection, toggled, upTo } from "../../state/selection.js";
import { useStore } from "../../state/store.js";
import { arranged, orderOf } from "../../state/thread-list.js";
import { wanting } from "../../state/thread-marks.js";
import { useEscape } from "../escape.js";
import { Icon, IconButton } from "../icons.js";
import { setBadge } from "../page-title.js";
import { MOD } from "../shortcuts.js";
import { useStable } from "../use-stable.js";
import { FolderSection, Loose } from "./folders.js";
import { SidebarFoot } from "./foot.js";
import { SearchField } from "./search-field.js";
import { SelectionBar } from "./selection-bar.js";
import { ThreadRow } from "./thread-row.js";

const NO_FOLDERS = [];

export function Sidebar({ workspace, open, current }) {
  const { threads, query, archived, next, phase, error } = useStore(workspace.list.store);
  const known = useStore(workspace.folders.store);
  const folders = query || archived ? NO_FOLDERS : known.folders; // then all are one list
  const list = useMemo(() => arranged(threads, folders), [threads, folders]);
  const order = useMemo(() => orderOf(list, known.open), [list, known.open]);
  const [chosen, choose] = useState(noSelection);
  const selection = useMemo(() => among(chosen, order), [chosen, order]);
  useBadge(workspace);

  const select = useStable((id, { range = false } = {}) =>
    choose(range ? upTo(selection, id, order) : toggled(selection, id)),
  );
  useEscape(isSelecting(selection), () => choose(noSelection));
  const row = (thread) =>
    html`<${ThreadRow}
      key=${thread.id}
      workspace=${workspace}
      thread=${thread}
      current=${thread.id === current}
      selecting=${isSelecting(selection)}
      selected=${selection.ids.has(thread.id)}
      carried=${selection.ids.has(thread.id) ? selection.ids : null}
      onSelect=${select}
    />`;
  const section = ({ name, threads: listed }) =>
    html`<section key=${name} aria-label=${name}>
      <h2 class="sidebar__age">${name}</h2>
      <ul>
        ${listed.map(row)}
      </ul>
    </section>`;
  const isPinned = ({ name }) => name === "Pinned";
  const isEmpty = list.sections.length === 0 && list.folders.length === 0;

  return html`<nav class="sidebar ${open ? "sidebar--open" : ""}" aria-label="Conversations">
    <header class="sidebar__head">
      <a class="brand" href="/" aria-label="Coday, start"><span class="brand__mark" aria-hidden="true"></span>Coday</a>
      <${IconButton}
        name="close"
        label="Close the list"
        class="sidebar__close"
        onClick=${() => workspace.surface.patch({ drawer: false })}
      />
    </header>
    <div class="sidebar__begin">
      <button type="button" class="button sidebar__new" onClick=${() => workspace.newThread()}>
        <${Icon} name="plus" size=${16} /> New conversation
      </button>
      <${IconButton}
        name="command"
        label="Find and do anything (${MOD} K)"
        aria-haspopup="dialog"
        onClick=${() => workspace.dialog("palette")}
      />
    </div>
    <${SearchField} workspace=${workspace} />
    <div class="sidebar__list">
      ${archived && html`<h2 class="sidebar__mode">Archived conversations</h2>`}
      ${list.sections.filter(isPinned).map(section)}
      ${
        list.folders.length > 0 &&
        html`<div class="sidebar__folders" role="group" aria-label="Folders">
          ${list.folders.map(
            ({ folder, threads: filed }, place) =>
              html`<${FolderSection}
                key=${folder.id}
                workspace=${workspace}
                folder=${folder}
                place=${place}
                of=${list.folders.length}
                threads=${filed}
                open=${known.open.has(folder.id)}
                current=${current}
                row=${row}
              />`,
          )}
        </div>`
      }
      <${Loose} workspace=${workspace} active=${list.folders.length > 0}>
        ${list.sections.filter((one) => !isPinned(one)).map(section)}
      <//>
      <${ListNote}
        phase=${phase}
        error=${error}
        empty=${isEmpty}
        query=${query}
        archived=${archived}
        onRetry=${() => workspace.list.refresh()}
      />
      ${
        next &&
        html`<button type="button" class="button button--quiet button--wide" onClick=${() => workspace.list.loadMore()}>
          Show more
        </button>`
      }
    </div>
    ${
      isSelecting(selection) &&
      html`<${SelectionBar}
        workspace=${workspace}
        threads=${order.filter((id) => selection.ids.has(id)).map((id) => threads[id])}
        archived=${archived}
        onAll=${() => choose(everything(order))}
        onDone=${() => choose(noSelection)}
      />`
    }
    <${SidebarFoot} workspace=${workspace} archived=${archived} />
  </nav>`;
}

/** The tab says in how many conversations something waits, also while nobody looks at it. */
function useBadge(workspace) {
  useEffect(() => {
    const tell = (marks) => setBadge(wanting(marks));
    tell(workspace.list.marks.value);
    return workspace.list.marks.subscribe(tell);
  }, []);
}

function ListNote({ phase, error, empty, query, archived, onRetry }) {
  if (phase === "failed") {
    return html`<p class="sidebar__note" role="alert">
      ${error.message} <button type="button" class="link-button" onClick=${onRetry}>Try again</button>
    </p>`;
  }
  if (phase === "loading" || !empty) return null;
  if (query) return html`<p class="sidebar__note">Nothing found for “${query}”.</p>`;
  return html`<p class="sidebar__note">
    ${archived ? "Nothing is archived." : "Your conversations will be listed here."}
  </p>`;
}
