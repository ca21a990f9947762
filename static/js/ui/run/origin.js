// What started a run that nobody simply asked for, and the way to the run that it came from.
import { html, useEffect } from "../../lib/preact.js";
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
          ${from.schedule && html` <${ScheduleWay} id=${from.schedule} workspace=${workspace} />`}
          ${from.template && html` <${TemplateWay} ...${from.template} workspace=${workspace} />`}
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

/** The way to a schedule; what it is called is asked for. Of one that was deleted nothing more is known. */
function ScheduleWay({ id, workspace }) {
  const schedule = useStore(workspace.schedules.store, ({ schedules }) => schedules.find((one) => one.id === id));
  useEffect(() => {
    workspace.schedules.want(id);
  }, [id]);
  if (!schedule) return null;
  return html`<button type="button" class="run-link run-link--button" onClick=${() => workspace.dialog("schedules", { id })}>${schedule.name}</button>`;
}

/** The way to a template that the person may use; of another one there is only that it was one. */
function TemplateWay({ id, version, workspace }) {
  const template = useStore(workspace.catalogue, ({ templates }) => templates.find((one) => one.id === id));
  if (!template) return version ? `in version ${version}` : null;
  return html`<button type="button" class="run-link run-link--button" onClick=${() => workspace.dialog("templates", { id })}>
    ${template.name}${version && version !== template.version ? ` (version ${version})` : ""}
  </button>`;
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
