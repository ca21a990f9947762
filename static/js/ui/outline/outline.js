// The outline beside a conversation: its runs in a few words each, to find, to go to, and to put in order.
import { html, useEffect, useMemo, useState } from "../../lib/preact.js";
import { loadGroups } from "../../state/groups.js";
import { filteredRows, groupedRows } from "../../state/outline.js";
import { among, everything, isSelecting, noSelection, toggled, upTo } from "../../state/selection.js";
import { useStore } from "../../state/store.js";
import { arrowKeys } from "../arrow-keys.js";
import { useEscape } from "../escape.js";
import { Icon, IconButton } from "../icons.js";
import { MaskedText, useMasks, WithMasks } from "../masks.js";
import { MenuButton } from "../menu.js";
import { groupActions } from "../organize/group-actions.js";
import { RunSelectionBar } from "../organize/run-selection-bar.js";
import { useStable } from "../use-stable.js";
import { useRunInSight } from "./in-sight.js";
import { OutlineRow } from "./outline-row.js";
import { useOutline } from "./use-outline.js";

const PORTION = 200; // rows that are drawn at first, and more with each wish

export function Outline({ workspace, session }) {
  return html`<${WithMasks} workspace=${workspace} session=${session}>
    <${Shown} workspace=${workspace} session=${session} />
  <//>`;
}

function Shown({ workspace, session }) {
  const [all, setAll] = useState(false);
  const [typed, setTyped] = useState("");
  const [pinned, setPinned] = useState(false);
  const [portions, setPortions] = useState(1);
  const [chosen, choose] = useState(noSelection);
  const { reveal } = useMasks();
  const { rows, hasMore, error, read } = useOutline(session, { all });
  const inSight = useRunInSight();
  const found = useMemo(() => rows && filteredRows(rows, typed, { reveal, pinned }), [rows, typed, reveal, pinned]);
  const drawn = useMemo(() => found?.slice(-portions * PORTION) ?? [], [found, portions]);
  const order = useMemo(() => drawn.map(({ id }) => id), [drawn]);
  const selection = useMemo(() => among(chosen, order), [chosen, order]);
  const select = useStable((id, { range = false } = {}) =>
    choose(range ? upTo(selection, id, order) : toggled(selection, id)),
  );
  useEscape(isSelecting(selection), () => choose(noSelection));
  const close = () => workspace.showOutline(false);
  const onKeyDown = (event) => {
    if (event.key === "Escape" && !isSelecting(selection) && !event.defaultPrevented) {
      event.preventDefault();
      close();
    } else arrowKeys(".outline__filter input, .outline__go")(event);
  };
  const row = (run) =>
    html`<${OutlineRow}
      key=${run.id}
      workspace=${workspace}
      session=${session}
      run=${run}
      current=${run.number === inSight && !run.beside}
      selecting=${isSelecting(selection)}
      selected=${selection.ids.has(run.id)}
      onSelect=${select}
    />`;
  return html`<aside class="outline" id="outline" aria-label="Outline" onKeyDown=${onKeyDown}>
    <header class="outline__head">
      <h2>Outline</h2>
      <${IconButton} name="close" size=${16} label="Close the outline" onClick=${close} />
    </header>
    <div class="outline__filter">
      <div class="search">
        <${Icon} name="search" size=${15} />
        <input type="search" placeholder="Filter" aria-label="Filter the runs" onInput=${({ target }) => setTyped(target.value)} />
      </div>
      <${IconButton} name="pin" size=${16} label="Pinned ones only" aria-pressed=${String(pinned)} onClick=${() => setPinned(!pinned)} />
      ${
        hasMore &&
        html`<${IconButton} name="branch" size=${16} label="All branches" aria-pressed=${String(all)} onClick=${() => setAll(!all)} />`
      }
    </div>
    <div class="outline__list">
      ${
        found?.length > drawn.length &&
        html`<button type="button" class="button button--quiet button--small button--wide" onClick=${() => setPortions(portions + 1)}>
          ${found.length - drawn.length} earlier runs
        </button>`
      }
      ${groupedRows(drawn).map(
        ({ group, rows: ofGroup }) =>
          html`<${Section} key=${`${group} ${ofGroup[0].id}`} workspace=${workspace} session=${session} id=${group}>
            ${ofGroup.map(row)}
          <//>`,
      )}
      <${Note} error=${error} rows=${rows} found=${found} onRetry=${read} />
    </div>
    ${
      isSelecting(selection) &&
      html`<${RunSelectionBar}
        workspace=${workspace}
        runs=${drawn.filter(({ id }) => selection.ids.has(id))}
        inThread
        onAll=${() => choose(everything(order))}
        onDone=${() => choose(noSelection)}
      />`
    }
  </aside>`;
}

/** Runs that follow each other in one group, under its name; or in none. */
function Section({ workspace, session, id, children }) {
  const group = useStore(session.state, ({ groups }) => groups[id]);
  useEffect(() => {
    if (id && !group) workspace.attempt(() => loadGroups(session, { again: true }));
  }, [id]);
  if (!id) return html`<ol>${children}</ol>`;
  return html`<section class="outline__group" aria-label=${group?.name ?? "Group"}>
    <div class="outline__group-head">
      <h3><${Icon} name="group" size=${14} /> <${MaskedText} text=${group?.name ?? "…"} /></h3>
      ${
        group &&
        html`<${MenuButton} label="Actions for the group ${group.name}" class="thread__menu" items=${groupActions({ workspace, session, group })} />`
      }
    </div>
    <ol>${children}</ol>
  </section>`;
}

function Note({ error, rows, found, onRetry }) {
  if (error) {
    return html`<p class="sidebar__note" role="alert">
      ${error.message} <button type="button" class="link-button" onClick=${onRetry}>Try again</button>
    </p>`;
  }
  if (!rows) return html`<p class="sidebar__note" role="status">Loading …</p>`;
  if (rows.length === 0) return html`<p class="sidebar__note">Nothing was said yet.</p>`;
  return found.length === 0 ? html`<p class="sidebar__note" role="status">No run is like that.</p>` : null;
}
