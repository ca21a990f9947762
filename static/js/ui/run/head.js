// The head of a run, its boundary to the one before: its number, what it came from, what people put on it. Folded, it is all of
// the run that is shown.
import { html } from "../../lib/preact.js";
import { nameOf } from "../../state/catalogue.js";
import { fullMoment, moment } from "../format.js";
import { Icon, IconButton } from "../icons.js";
import { MaskedText } from "../masks.js";
import { TagChips } from "../organize/tag-chips.js";
import { addressOf } from "./actions/look.js";
import { ContextMark } from "../context/context-mark.js";
import { Facts } from "./facts.js";
import { RunMenu } from "./menu.js";
import { Origins } from "./origin.js";
import { Siblings } from "./siblings.js";

const IMPORTANT = 70;

/**
 * `onFold` folds the run, or unfolds it; without it there is no such button. `said` is what a folded run is about, `line` what is
 * drawn instead of that, where a run says all by its head.
 */
export function RunHead({ line, run, siblings, waitsForUs, folded, said, onFold, readOnly, inSummary, catalogue, session, workspace }) {
  return html`<header class="run__head">
    <${RunNumber} run=${run} />
    ${line && html`<span class="run__title run__title--line">${line}</span>`}
    ${!line && (run.title || folded) && html`<span class="run__title" dir="auto"><${MaskedText} text=${run.title || said} cut=${!run.title} /></span>`}
    ${!folded && html`<${Origins} run=${run} siblings=${siblings} session=${session} workspace=${workspace} />`}
    ${
      run.status === "waiting" &&
      waitsForUs &&
      html`<span class="chip chip--waits"><${Icon} name="clock" size=${13} /> waits for you</span>`
    }
    <${Marks} run=${run} />
    <${ContextMark} run=${run} inSummary=${inSummary} readOnly=${readOnly} workspace=${workspace} />
    <${TagChips} workspace=${workspace} names=${run.tags} />
    ${folded && html`<${Facts} run=${run} waitsForUs=${waitsForUs} catalogue=${catalogue} names=${line ? "nowhere" : "last"} />`}
    <span class="run__end">
      <${Siblings} run=${run} siblings=${siblings} session=${session} workspace=${workspace} />
      ${
        !readOnly &&
        html`<span class="run__tools">
          ${
            onFold &&
            html`<${IconButton}
              name="chevron"
              size=${16}
              class="run__fold"
              label=${folded ? `Unfold run ${run.number}` : `Fold run ${run.number}`}
              aria-expanded=${String(!folded)}
              onClick=${onFold}
            />`
          }
          <${RunMenu} run=${run} session=${session} workspace=${workspace} />
        </span>`
      }
      <time class="run__time" datetime=${run.created_at} title=${fullMoment(run.created_at)}>${moment(run.created_at)}</time>
    </span>
  </header>`;
}

/** The head of one of several answers that stand side by side. */
export function ColumnHead({ run, catalogue, onKeep, session, workspace }) {
  return html`<header class="column__head">
    <span class="column__who">
      <strong>${nameOf(catalogue.agents, run.agent)}</strong>
      <span class="column__model"><${RunNumber} run=${run} /> ${nameOf(catalogue.models, run.model)}</span>
    </span>
    <button type="button" class="button button--small" onClick=${() => onKeep(run)}>Keep this one</button>
    <${RunMenu} run=${run} session=${session} workspace=${workspace} />
  </header>`;
}

function RunNumber({ run }) {
  const who = run.kind === "user" ? "you asked" : "asked by nobody directly";
  return html`<a
    class="run__number"
    href=${addressOf(run)}
    aria-label="Run ${run.number}"
    title="Run ${run.number} of this conversation: ${who}"
    onClick=${stay}
    >${run.number}</a
  >`;
}

/** It is there to be copied, or opened elsewhere: a click shows where we are already. */
function stay(event) {
  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  event.currentTarget.closest(".run")?.scrollIntoView({ block: "start" });
}

/** A pin, and an importance that a person gave, or that is high. */
function Marks({ run: { pinned, importance, importance_by } }) {
  const tells = importance_by === "person" || importance >= IMPORTANT;
  return html`${pinned && html`<span class="mark" title="Pinned"><${Icon} name="pin" size=${13} /><span class="visually-hidden">Pinned</span></span>`}
  ${
    tells &&
    html`<span class="mark" title="Importance ${importance} of 100${importance_by === "person" ? ", as you gave it" : ""}">
      <${Icon} name="gauge" size=${13} /><span class="visually-hidden">Importance </span>${importance}
    </span>`
  }`;
}
