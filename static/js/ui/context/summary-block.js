// A summary where the runs stand that it stands for: what it says, who wrote it, and beneath it the runs, whole and folded.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "../../lib/preact.js";
import { MarkdownView } from "../../render/markdown-view.js";
import { nameOf } from "../../state/catalogue.js";
import { namesOf } from "../../state/run-numbers.js";
import { useStore } from "../../state/store.js";
import { numbersOf } from "../../state/summaries.js";
import { fullMoment, moment, wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { useMasks } from "../masks.js";
import { MenuButton } from "../menu.js";
import { EditedSummary } from "./edited-summary.js";

const LONG = 700; // characters, from which on a summary is cut until it is opened

/** `runs` are those of the summary that stand here, `children` the same, drawn; `isFirst`: this is where the summary stands. */
export function SummaryBlock({ summary, runs, isFirst, session, workspace, children }) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [edited, edit] = useState(false);
  const numbers = useStore(session.state, (state) => numbersOf(state, summary).join());
  const arrival = useStore(session.status, (status) => status.arrival?.runId);
  useEffect(() => {
    if (runs.some((run) => run.id === arrival)) setOpen(true); // somebody goes to one of them
  }, [arrival]);
  const names = namesOf(numbers.split(",").map(Number));
  const here = namesOf(runs.map(({ number }) => number));
  return html`<section class="summary ${summary.stale ? "summary--stale" : ""}" aria-label=${isFirst ? `Summary of ${names}` : `${here}, summarised above`}>
    ${
      isFirst
        ? html`<${Head} summary=${summary} names=${names} onEdit=${() => edit(true)} session=${session} workspace=${workspace} />
          ${
            edited
              ? html`<${EditedSummary} summary=${summary} session=${session} workspace=${workspace} onDone=${() => edit(false)} />`
              : html`<${Words} text=${summary.text} />`
          }`
        : html`<p class="summary__part"><${Icon} name="summary" size=${14} /> Part of the summary above</p>`
    }
    <button type="button" class="summary__fold" aria-expanded=${String(open)} aria-controls=${`${id}-runs`} onClick=${() => setOpen(!open)}>
      <${Icon} name="chevron" size=${15} /> ${open ? `Fold ${here}` : `Show ${here} as they were`}
    </button>
    <div class="summary__runs" id=${`${id}-runs`}>${open && children}</div>
  </section>`;
}

function Head({ summary, names, onEdit, session, workspace }) {
  const { models } = useStore(workspace.catalogue);
  const { written_by: by, model, stale, tokens, updated_at: at } = summary;
  const { view } = workspace;
  const writer = by === "person" ? "written by you" : `written by ${model ? nameOf(models, model) : "a model"}`;
  const items = [
    { label: "Edit", icon: "pencil", onSelect: onEdit },
    { label: "Write it anew", icon: "redo", onSelect: () => view.renew(session, summary) },
    { label: "Take it back", icon: "undo", onSelect: () => view.dissolve(session, summary) },
  ];
  return html`<header class="summary__head">
    <h3 class="summary__name"><${Icon} name="summary" size=${16} /> Summary of ${names}</h3>
    <span class="facts">
      <span class="facts__item">${writer}</span>
      ${tokens > 0 && html`<span class="facts__item">${wholeNumber(tokens)} tokens</span>`}
      <time class="facts__item" datetime=${at} title=${fullMoment(at)}>${moment(at)}</time>
    </span>
    ${
      stale &&
      html`<span class="chip summary__stale" title="Its runs are others than those that were summarised, or say something else now."
        ><${Icon} name="warning" size=${13} /> stale</span
      >`
    }
    ${stale && html`<button type="button" class="button button--small" onClick=${() => view.renew(session, summary)}>Write it anew</button>`}
    <${MenuButton} label="Summary of ${names}: more" items=${items} />
  </header>`;
}

/** What the model is given instead of the runs. */
function Words({ text }) {
  const [whole, showWhole] = useState(false);
  const container = useRef(null);
  const view = useRef(null);
  const masks = useMasks();
  useLayoutEffect(() => {
    view.current ??= new MarkdownView(container.current);
    view.current.update(text, { streaming: false, masks });
  }, [text, masks]);
  useLayoutEffect(() => () => view.current?.destroy(), []);
  const isCut = text.length > LONG;
  return html`<div class="summary__words ${isCut && !whole ? "summary__words--cut" : ""}">
      <div class="prose" dir="auto" ref=${container}></div>
    </div>
    ${
      isCut &&
      html`<button type="button" class="link-button summary__more" aria-expanded=${String(whole)} onClick=${() => showWhole(!whole)}>
        ${whole ? "Show less" : "Show all of it"}
      </button>`
    }`;
}
