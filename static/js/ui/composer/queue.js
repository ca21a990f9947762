// What was sent and waits, above the message field: what the answer that is being given will still hear, and what waits for
// its own turn. Each can be changed, moved, taken out, sent at once or said to the answer.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { commandsIn, describe } from "../../state/commands.js";
import { nothing, useStore } from "../../state/store.js";
import { unheard } from "../../state/steering.js";
import { activeRun, branch, isBusy, queueOf } from "../../state/thread-view.js";
import { Icon, IconButton } from "../icons.js";
import { MaskedText, useMasks } from "../masks.js";
import { MenuButton } from "../menu.js";
import { useDragOrder } from "./drag-order.js";

const MOVES = { ArrowUp: -1, ArrowDown: 1 };

export function Queue({ workspace, session }) {
  const state = useWhatIsSaid(session);
  const sending = useStore(session?.status ?? nothing, (status) => status?.sending ?? []);
  const connection = useStore(session?.status ?? nothing, (status) => status?.connection);
  if (!state) return null;
  const runs = branch(state);
  const queued = queueOf(runs);
  const active = activeRun(runs);
  const heard = active ? unheard(state.steps[active.id]) : [];
  const onTheirWay = isBusy(runs) ? sending.filter(({ run_id }) => !queued.some(({ id }) => id === run_id)) : [];
  if (queued.length + heard.length + onTheirWay.length === 0) return html`<p class="visually-hidden" role="status"></p>`;
  return html`<section class="queue" aria-label="What waits">
    <p class="queue__head" role="status"><${Icon} name="clock" size=${13} /> ${labelOf(queued.length + onTheirWay.length, heard.length)}</p>
    ${
      heard.length > 0 &&
      html`<ul class="queue__list" aria-label="Joining the answer">
        ${heard.map(
          ({ command_id: id, text }) =>
            html`<li key=${id} class="queue__item queue__item--joining">
              <span class="queue__sign"><${Icon} name="join" size=${15} /></span>
              <span class="queue__text" dir="auto"><${MaskedText} text=${text} /></span>
              <span class="queue__note">joins the answer at its next step</span>
            </li>`,
        )}
      </ul>`
    }
    <${Waiting} key=${session.threadId} workspace=${workspace} session=${session} state=${state} runs=${queued} active=${active} />
    ${
      onTheirWay.length > 0 &&
      html`<ul class="queue__list" aria-label="Being sent">
        ${onTheirWay.map((entry) => html`<${OnItsWay} key=${entry.key} entry=${entry} session=${session} isLive=${connection === "live"} />`)}
      </ul>`
    }
  </section>`;
}

/** What of the thread's state the queue shows: not what is being streamed, which changes with every frame. */
function useWhatIsSaid(session) {
  const store = session?.state ?? nothing;
  const [runs, thread, messages, steps] = ["runs", "thread", "messages", "steps"].map((part) =>
    useStore(store, (state) => state?.[part]),
  );
  return session && { runs, thread, messages, steps };
}

function labelOf(waiting, joining) {
  const parts = [
    waiting > 0 && (waiting === 1 ? "1 message waits" : `${waiting} messages wait`),
    joining > 0 && `${joining} joining the answer`,
  ];
  return parts.filter(Boolean).join(" · ");
}

function Waiting({ workspace, session, state, runs, active }) {
  const [edited, edit] = useState(null);
  const list = useRef(null);
  const move = (run, place) => workspace.queue.move(runs, run, place);
  const drag = useDragOrder({ list, onDrop: (from, to) => move(runs[from], to) });
  if (runs.length === 0) return null;
  return html`<ol class="queue__list" aria-label="Queue" ref=${list}>
    ${runs.map(
      (run, place) =>
        html`<${Item}
          key=${run.id}
          workspace=${workspace}
          session=${session}
          run=${run}
          said=${saidIn(state, run)}
          place=${place}
          of=${runs.length}
          canJoin=${active?.status === "running" && !run.commanded}
          isEdited=${edited === run.id}
          onEdit=${(on) => edit(on ? run.id : null)}
          onMove=${(to) => move(run, to)}
          drag=${drag(place)}
        />`,
    )}
  </ol>`;
}

/** What a queued run will say and do: `{text, images, commands}`. */
function saidIn(state, run) {
  const content = Object.values(state.messages).find((message) => message.run_id === run.id)?.content ?? [];
  const text = content.filter(({ type }) => type === "text").map((part) => part.text).join("\n\n");
  const images = content.filter(({ type }) => type === "image").length;
  return { text, images, commands: commandsIn(state.steps[run.id] ?? []) };
}

const toldCommands = ({ commands }) => commands.map(({ kind, arguments: given }) => describe(kind, given)).join(", ");

function Item({ workspace, run, said, place, of, canJoin, isEdited, onEdit, onMove, drag }) {
  const { queue } = workspace;
  const handle = useRef(null);
  const name = (toldCommands(said) || said.text).slice(0, 60) || "images";
  const onKeyDown = (event) => {
    if (!(event.key in MOVES) || event.altKey) return;
    event.preventDefault();
    onMove(place + MOVES[event.key]);
    requestAnimationFrame(() => handle.current?.focus());
  };
  if (isEdited) return html`<li class="queue__item queue__item--edited"><${Editor} queue=${queue} run=${run} text=${said.text} onDone=${() => onEdit(false)} /></li>`;
  return html`<li class="queue__item ${drag.isDragged ? "queue__item--dragged" : ""}">
    <button
      type="button"
      class="queue__grip"
      ref=${handle}
      aria-label="Place ${place + 1} of ${of}: ${name}. The arrow keys move it."
      title="Drag, or press the arrow keys, to move it"
      onKeyDown=${onKeyDown}
      ...${drag.handle}
    >
      <span class="queue__place">${place + 1}</span><${Icon} name="grip" size=${15} />
    </button>
    <span class="queue__text" dir="auto"><${MaskedText} text=${toldCommands(said) || said.text} /> ${said.images > 0 && html`<span class="queue__note">${said.images === 1 ? "1 image" : `${said.images} images`}</span>`}</span>
    <span class="queue__actions">
      ${canJoin && html`<${IconButton} name="join" size=${15} label="Join the answer now" onClick=${() => queue.steer(run)} />`}
      ${!run.commanded && html`<${IconButton} name="pencil" size=${15} label="Edit" onClick=${() => onEdit(true)} />`}
      <${IconButton} name="close" size=${14} label="Take out of the queue" onClick=${() => queue.remove(run)} />
      <${MenuButton}
        label="More for this message"
        items=${[
          { label: "Stop the answer and send now", icon: "bolt", onSelect: () => queue.sendNow(run) },
          place > 0 && { label: "Move up", icon: "arrowUp", onSelect: () => onMove(place - 1) },
          place < of - 1 && { label: "Move down", icon: "arrowDown", onSelect: () => onMove(place + 1) },
        ]}
      />
    </span>
  </li>`;
}

/** The words of a queued message. Where it is answered meanwhile, what was changed goes into the message field. */
function Editor({ queue, run, text, onDone }) {
  const { reveal } = useMasks();
  const before = reveal(text);
  const field = useRef(null);
  const left = useRef(false);
  useEffect(() => {
    field.current.focus();
    field.current.setSelectionRange(before.length, before.length);
    const { current: node } = field;
    return () => {
      if (left.current || !node.value.trim() || node.value === before) return;
      queue.giveBack(node.value, { message: "This message is being answered already. What you changed is here." });
    };
  }, []);
  const leave = (save) => {
    left.current = true;
    const written = field.current.value;
    if (save && written.trim() && written !== before) queue.edit(run, written);
    onDone();
  };
  const onKeyDown = (event) => {
    if (event.key === "Escape") leave(false);
    else if (event.key === "Enter" && !event.shiftKey && !event.isComposing) leave(true);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return html`<textarea class="queue__editor" ref=${field} rows="2" dir="auto" aria-label="Edit the queued message" defaultValue=${before} onKeyDown=${onKeyDown}></textarea>
    <span class="queue__editing">
      <button type="button" class="button button--small" onClick=${() => leave(false)}>Cancel</button>
      <button type="button" class="button button--small button--primary" onClick=${() => leave(true)}>Save</button>
    </span>`;
}

function OnItsWay({ entry, session, isLive }) {
  return html`<li class="queue__item queue__item--sending">
    <span class="queue__sign"><${Icon} name="send" size=${15} /></span>
    <span class="queue__text" dir="auto">${entry.text}</span>
    ${
      !isLive &&
      !entry.run_id &&
      html`<span class="queue__note">Not sent yet. It goes out when the connection is back.</span>
        <button type="button" class="button button--small" onClick=${() => session.withdraw(entry.key)}>Discard</button>`
    }
  </li>`;
}
