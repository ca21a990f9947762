// What started a run that nobody simply asked for, and the way to the run that it came from.
import { html } from "../../lib/preact.js";
import { provenance } from "../../state/provenance.js";
import { useStore } from "../../state/store.js";
import { callOf } from "../../state/tool-calls.js";
import { Icon } from "../icons.js";
import { goToRun } from "../run-link.js";
import { titleOf } from "../tools/describe.js";
import { addressOf } from "./actions/look.js";

export function Origins({ run, siblings = [], session, workspace }) {
  const runs = useStore(session.state, (state) => state.runs);
  const thread = useStore(session.state, (state) => state.thread);
  return provenance({ runs, thread }, run).map(
    (from) =>
      html`<span key=${from.text} class="origin ${from.cause ? "trigger" : ""}">
        <${Icon} name=${from.icon} size=${13} />
        <span>
          ${from.cause ? html`<${Cause} from=${from} session=${session} />` : from.text}
          ${from.to && html` <${Way} from=${from} attempt=${siblings.indexOf(from.to.runId) + 1} workspace=${workspace} />`}
        </span>
      </span>`,
  );
}

function Cause({ from, session }) {
  const { run_id, tool_call_id } = from.cause;
  const call = useStore(session.state, (state) => callOf(state, run_id, tool_call_id));
  return html`${call ? html`Started by <strong>${titleOf(call)}</strong>` : from.text}, asked for in`;
}

/** A link that holds in every browser; here the run is gone to without opening the page again. */
function Way({ from: { run, to, far }, attempt, workspace }) {
  const follow = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    if (!(run && goToRun(run.number))) workspace.openRun(to.threadId, to.runId);
  };
  const unknown = far ? "another conversation" : attempt ? `attempt ${attempt}` : "an earlier run";
  const name = run ? `run ${run.number}` : unknown;
  return html`<a class="run-link" href=${addressOf({ thread_id: to.threadId, id: to.runId })} onClick=${follow}>${name}</a>`;
}
