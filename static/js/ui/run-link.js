// The way to another run of the conversation that is shown.
import { html } from "../lib/preact.js";

const SHOWN_FOR = 1600; // ms

/** Moves the focus to a run that is drawn, and lets it be seen which one it is. */
export function markRun(node) {
  node.focus({ preventScroll: true });
  node.classList.add("run--found");
  setTimeout(() => node.classList.remove("run--found"), SHOWN_FOR);
}

/** Brings a run into sight and moves the focus there. Whether it is on the page. */
export function goToRun(number) {
  const node = document.getElementById(`run-${number}`);
  if (!node) return false;
  node.scrollIntoView({ block: "start" });
  markRun(node);
  return true;
}

/** "run 3", as a link. With `session`, one that is not drawn is shown, too. */
export function RunLink({ run, session }) {
  const follow = (event) => {
    event.preventDefault();
    if (!goToRun(run.number)) session?.show(run.id);
  };
  return html`<a class="run-link" href="/threads/${run.thread_id}/?run=${run.id}" onClick=${follow}>run ${run.number}</a>`;
}
