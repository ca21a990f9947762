// One run in the outline.
import { html, memo } from "../../lib/preact.js";
import { labelOfRun } from "../../state/outline.js";
import { hasRoomBeside } from "../../state/workspace.js";
import { Icon } from "../icons.js";
import { useLongPress } from "../long-press.js";
import { MaskedText, useMasks } from "../masks.js";
import { MenuButton } from "../menu.js";
import { TagDots } from "../organize/tag-dots.js";
import { lookActions } from "../run/actions/look.js";
import { organizeActions } from "../run/actions/organize.js";
import { reuseActions } from "../run/actions/reuse.js";

const IMPORTANT = 70; // of 100, from where on it is said

const STATUS = {
  queued: ["clock", "queued"],
  running: [null, "answering"],
  waiting: ["raised", "waits for you"],
  failed: ["warning", "failed"],
  interrupted: ["warning", "interrupted"],
  cancelled: ["stop", "stopped"],
};

export const OutlineRow = memo(({ workspace, session, run: listed, current, selecting, selected, onSelect }) => {
  const run = { thread_id: session.threadId, ...listed };
  const { settled } = useMasks();
  const press = useLongPress(() => onSelect(run.id));
  const go = (event) => {
    if (selecting || event.shiftKey || event.metaKey || event.ctrlKey) {
      event.preventDefault();
      return onSelect(run.id, { range: event.shiftKey });
    }
    event.preventDefault();
    if (!hasRoomBeside()) workspace.surface.patch({ outline: false });
    workspace.openRun(session.threadId, run.id);
  };
  const classes = ["outline__row", current && "outline__row--current", selected && "outline__row--selected", run.beside && "outline__row--beside"];
  const items = [
    { label: "Select", icon: "select", onSelect: () => onSelect(run.id) },
    ...organizeActions({ run, workspace, session, state: session.state.value }),
    ...lookActions({ run, workspace, session, state: session.state.value }),
    ...reuseActions({ run, workspace, state: session.state.value }).filter(Boolean),
  ];
  return html`<li class=${classes.filter(Boolean).join(" ")}>
    ${
      selecting &&
      html`<input
        type="checkbox"
        class="thread__check"
        aria-label="Select run ${run.number}"
        checked=${selected}
        onClick=${({ shiftKey }) => onSelect(run.id, { range: shiftKey })}
      />`
    }
    <a
      class="outline__go"
      href="/threads/${session.threadId}/?run=${run.id}"
      aria-current=${current ? "location" : undefined}
      onClick=${go}
      ...${press}
    >
      <span class="outline__number">${run.number}</span>
      <span class="outline__label ${run.title ? "outline__label--title" : ""}"><${MaskedText} text=${settled(labelOfRun(run))} cut /></span>
      <${Marks} workspace=${workspace} run=${run} />
    </a>
    <${MenuButton} label="Actions for run ${run.number}" class="thread__menu" items=${items} />
  </li>`;
});

function Marks({ workspace, run }) {
  const [icon, said] = STATUS[run.status] ?? [];
  const isImportant = run.importance >= IMPORTANT || run.importance_by === "person";
  return html`<span class="outline__marks">
    ${run.kind === "system" && html`<${Sign} icon="system" said="started by the system" />`}
    <${TagDots} workspace=${workspace} names=${run.tags} />
    ${isImportant && html`<span class="outline__importance" role="img" aria-label="importance ${run.importance}" title="Importance ${run.importance}">${run.importance}</span>`}
    ${run.pinned && html`<${Sign} icon="pin" said="pinned" />`}
    ${said && html`<${Sign} name=${run.status} icon=${icon} said=${said} />`}
  </span>`;
}

const Sign = ({ name = "", icon, said }) =>
  html`<span class="sign sign--${name}" role="img" aria-label=${said} title=${said}>${icon && html`<${Icon} name=${icon} size=${14} />`}</span>`;
