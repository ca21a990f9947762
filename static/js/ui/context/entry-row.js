// One run in what the model sees: how it is shown, in how many tokens, and what can be changed about that.
import { html, memo } from "../../lib/preact.js";
import { labelOfRun } from "../../state/outline.js";
import { useStore } from "../../state/store.js";
import { numbersOf } from "../../state/summaries.js";
import { namesOf } from "../../state/run-numbers.js";
import { wholeNumber } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText } from "../masks.js";
import { MenuButton } from "../menu.js";

const IMPORTANT = 70; // of 100, from where on it is said

/** How a run is shown, in words, with a sign where it is not simply whole. */
export const SHOWN = Object.freeze({
  whole: { label: "whole" },
  shortened: { label: "shortened", icon: "cut" },
  summarised: { label: "as a summary", icon: "summary" },
  remembered: { label: "in what is remembered", icon: "summary" },
  left_out: { label: "no room for it", icon: "eyeOff" },
  excluded: { label: "left out by you", icon: "eyeOff" },
});

/** `entry` is one of `entries` of `GET threads/{id}/context/`. */
export const EntryRow = memo(({ workspace, session, entry, selected, onSelect }) => {
  const { run_id: id, number, tokens, shown, pinned, importance } = entry;
  const summary = useStore(session.state, ({ summaries }) => summaries[entry.summary]);
  const live = useStore(session.state, ({ runs }) => runs[id]);
  const run = { id, thread_id: session.threadId, number, title: entry.title, pinned, importance, ...live };
  const { label, icon } = SHOWN[shown] ?? { label: shown };
  const go = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    workspace.openRun(session.threadId, id);
  };
  return html`<li class="entry entry--${shown} ${selected ? "entry--selected" : ""}">
    <input
      type="checkbox"
      class="entry__check"
      aria-label="Select run ${number}"
      checked=${selected}
      onClick=${({ shiftKey }) => onSelect(id, { range: shiftKey })}
    />
    <a class="entry__go" href="/threads/${session.threadId}/?run=${id}" onClick=${go}>
      <span class="entry__number">${number}</span>
      <span class="entry__title" dir="auto"><${MaskedText} text=${labelOfRun(entry)} cut /></span>
    </a>
    <span class="entry__marks">
      ${pinned && html`<span class="mark" title="Pinned"><${Icon} name="pin" size=${13} /><span class="visually-hidden">pinned</span></span>`}
      ${importance >= IMPORTANT && html`<span class="mark" title="Importance ${importance}"><span class="visually-hidden">importance </span>${importance}</span>`}
    </span>
    <span class="entry__shown">${icon && html`<${Icon} name=${icon} size=${13} />`} ${label}${summary && html` <${Of} session=${session} summary=${summary} />`}</span>
    <span class="entry__tokens">${tokens > 0 ? wholeNumber(tokens) : "–"}<span class="visually-hidden"> tokens</span></span>
    <${MenuButton} label="Run ${number}: change what the model sees" items=${itemsOf({ workspace, session, run, shown, summary })} />
  </li>`;
});

/** Of which runs a summary is, where they are known. */
function Of({ session, summary }) {
  const numbers = useStore(session.state, (state) => numbersOf(state, summary).join());
  return numbers ? html`<span class="entry__of">of ${namesOf(numbers.split(",").map(Number))}</span>` : null;
}

function itemsOf({ workspace, session, run, shown, summary }) {
  const { view } = workspace;
  return [
    shown === "excluded"
      ? { label: "Take back", icon: "eye", onSelect: () => view.takeBack([run]) }
      : { label: "Leave out", icon: "eyeOff", onSelect: () => view.leaveOut([run]) },
    { label: run.pinned ? "Unpin" : "Pin", icon: "pin", onSelect: () => view.pin([run], !run.pinned) },
    { label: "Importance …", icon: "gauge", onSelect: () => workspace.dialog("importance", { runs: [run] }) },
    { label: "Summarise …", icon: "summary", onSelect: () => workspace.dialog("summarize", { runs: [run], session, back: "context" }) },
    summary && { label: "Take the summary back", icon: "undo", onSelect: () => view.dissolve(session, summary) },
    { label: "What the model saw in it", icon: "eye", begins: true, onSelect: () => workspace.dialog("model-calls", run) },
  ];
}
