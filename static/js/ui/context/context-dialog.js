// What the model sees of the conversation: what fills its window, run by run, and what a person can change about that.
import { html, useEffect, useMemo, useState } from "../../lib/preact.js";
import { nameOf } from "../../state/catalogue.js";
import { fullness, signOf, tokensOf, withDraft } from "../../state/context.js";
import { among, everything, isSelecting, noSelection, toggled, upTo } from "../../state/selection.js";
import { useStore } from "../../state/store.js";
import { loadSummaries } from "../../state/summaries.js";
import { Dialog } from "../dialog.js";
import { wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText, WithMasks } from "../masks.js";
import { useStable } from "../use-stable.js";
import { EditedSummary } from "./edited-summary.js";
import { EntryRow } from "./entry-row.js";
import { useSummaries } from "./use-summaries.js";
import { WindowBar } from "./window-bar.js";

const PORTION = 100; // runs that are drawn at first, and more with each wish

export function ContextDialog({ workspace, onClose }) {
  const [session] = useState(workspace.session.value);
  const { threadId, found, error } = useStore(workspace.view.store);
  const { agent, text } = useStore(workspace.composer.store);
  const sign = useStore(session.state, signOf);
  useSummaries({ session, workspace });
  useEffect(() => {
    workspace.view.readSoon(session, { agent });
  }, [sign, agent]);
  const isHere = found && threadId === session.threadId;
  return html`<${Dialog} title="What the model sees" onClose=${onClose} class="dialog--wide dialog--tall context">
    ${error && html`<p class="alert" role="alert">${error.message}</p>`}
    ${!isHere && !error && html`<p class="context__note" role="status">One moment …</p>`}
    ${
      isHere &&
      html`<${WithMasks} session=${session} workspace=${workspace}>
        <${Window} workspace=${workspace} context=${withDraft(found, text)} />
        ${found.memory && html`<${Memory} key=${found.memory} id=${found.memory} session=${session} workspace=${workspace} />`}
        <${Runs} workspace=${workspace} session=${session} entries=${found.entries} truncated=${found.truncated} />
      <//>`
    }
  <//>`;
}

function Window({ workspace, context }) {
  const catalogue = useStore(workspace.catalogue);
  const { taken, room, percent } = fullness(context);
  const { notices = [] } = context;
  return html`<div class="context__window">
    <p class="context__sum">
      <strong>About ${wholeNumber(taken)} of ${wholeNumber(room)} tokens</strong>
      <span> (${percent} %) for ${nameOf(catalogue.models, context.model)}, before ${nameOf(catalogue.agents, context.agent)} answers.</span>
    </p>
    <${WindowBar} context=${context} />
    ${notices.map((notice) => html`<p class="notice" key=${notice}>${notice}</p>`)}
  </div>`;
}

/** What stands for runs that had to leave the window. It was made by itself, and is made anew when it has to be. */
function Memory({ id, session, workspace }) {
  const summary = useStore(session.state, ({ summaries }) => summaries[id]);
  const [open, setOpen] = useState(false);
  const [edited, edit] = useState(false);
  useEffect(() => {
    if (!summary) workspace.attempt(() => loadSummaries(session));
  }, [id]);
  if (!summary) return null;
  return html`<details class="memory" open=${open} onToggle=${({ currentTarget }) => setOpen(currentTarget.open)}>
    <summary><${Icon} name="summary" size=${15} /> What is remembered of runs that had to leave <span class="memory__tokens">${wholeNumber(summary.tokens)} tokens</span></summary>
    ${
      edited
        ? html`<${EditedSummary} summary=${summary} session=${session} workspace=${workspace} onDone=${() => edit(false)} />`
        : html`<p class="memory__text" dir="auto"><${MaskedText} text=${summary.text} /></p>
          <p class="memory__bar">
            <button type="button" class="link-button" onClick=${() => edit(true)}>Change it</button>
            <button type="button" class="link-button" onClick=${() => workspace.view.forget(session, summary)}>Forget it</button>
          </p>`
    }
  </details>`;
}

function Runs({ workspace, session, entries, truncated }) {
  const [chosen, choose] = useState(noSelection);
  const [portions, setPortions] = useState(1);
  const newest = useMemo(() => [...entries].sort((a, b) => b.number - a.number), [entries]);
  const drawn = useMemo(() => newest.slice(0, portions * PORTION), [newest, portions]);
  const order = useMemo(() => drawn.map(({ run_id: id }) => id), [drawn]);
  const selection = useMemo(() => among(chosen, order), [chosen, order]);
  const select = useStable((id, { range = false } = {}) => choose(range ? upTo(selection, id, order) : toggled(selection, id)));
  if (entries.length === 0) return html`<p class="context__note">Nothing has been said yet.</p>`;
  const selected = drawn.filter(({ run_id: id }) => selection.ids.has(id));
  return html`<section class="context__runs" aria-labelledby="context-runs">
    <div class="context__head">
      <h3 id="context-runs">Run by run, newest first</h3>
      ${
        !isSelecting(selection) &&
        html`<button type="button" class="button button--quiet button--small" onClick=${() => choose(everything(order))}>
          <${Icon} name="select" size=${14} /> Select all
        </button>`
      }
    </div>
    ${isSelecting(selection) && html`<${Toolbar} workspace=${workspace} session=${session} selected=${selected} onDone=${() => choose(noSelection)} />`}
    <ul class="context__list">
      ${drawn.map(
        (entry) =>
          html`<${EntryRow}
            key=${entry.run_id}
            workspace=${workspace}
            session=${session}
            entry=${entry}
            selected=${selection.ids.has(entry.run_id)}
            onSelect=${select}
          />`,
      )}
    </ul>
    ${
      newest.length > drawn.length &&
      html`<button type="button" class="button button--wide" onClick=${() => setPortions(portions + 1)}>${newest.length - drawn.length} earlier runs</button>`
    }
    ${truncated && html`<p class="context__note">Earlier runs are not listed here.</p>`}
  </section>`;
}

/** What can be done with the chosen runs: only what changes something for one of them. */
function Toolbar({ workspace, session, selected, onDone }) {
  const { view } = workspace;
  const runs = selected.map(({ run_id: id, ...entry }) => ({ ...entry, id }));
  const tokens = tokensOf(selected);
  const act = async (done) => (await done) && onDone();
  const isOut = ({ shown }) => shown === "excluded";
  const isPinned = runs.every(({ pinned }) => pinned);
  return html`<div class="selection context__selection" role="toolbar" aria-label="Selected runs">
    <p class="selection__count" role="status">${runs.length} selected${tokens > 0 && html`, <span>${wholeNumber(tokens)} tokens</span>`}</p>
    <button type="button" class="button button--small" onClick=${() => workspace.dialog("summarize", { runs, session, back: "context" })}>Summarise …</button>
    ${runs.some((run) => !isOut(run)) && html`<button type="button" class="button button--small" onClick=${() => act(view.leaveOut(runs))}>Leave out</button>`}
    ${
      runs.some(({ shown }) => shown === "excluded" || shown === "summarised") &&
      html`<button type="button" class="button button--small" onClick=${() => act(view.takeBack(runs))}>Take back whole</button>`
    }
    <button type="button" class="button button--small" onClick=${() => view.pin(runs, !isPinned)}>${isPinned ? "Unpin" : "Pin"}</button>
    <button type="button" class="icon-button selection__done" aria-label="End the selection" title="End the selection" onClick=${onDone}>
      <${Icon} name="close" size=${16} />
    </button>
  </div>`;
}
