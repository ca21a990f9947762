// Beneath a call that goes on after its run: until when, how to call it off, and the run that brought its result.
import { html, useEffect } from "../../lib/preact.js";
import { useStore } from "../../state/store.js";
import { resultRunOf } from "../../state/tool-calls.js";
import { Icon } from "../icons.js";
import { RunLink } from "../run-link.js";
import { Times } from "./operation-row.js";

/** `call` has an `operation`, which is read where it is not known. */
export function CallOperation({ call, session, workspace, readOnly }) {
  const operation = useStore(workspace.operations.known, (known) => known[call.operation]);
  const brought = useStore(session.state, (state) => resultRunOf(state, call.run_id, call.tool_call_id));
  const isOpen = call.status === "in_progress" && !brought;
  useEffect(() => {
    if (!brought) workspace.operations.want({ threadId: session.threadId, id: call.operation });
  }, [call.operation]);
  if (brought) return html`<p class="tool__note">Its result came in <${RunLink} run=${brought} session=${session} />.</p>`;
  if (isOpen) {
    return html`<p class="tool__note operation-note">
      <span>It goes on by itself. A new run will bring the result.</span>
      ${operation && html`<span class="operation__facts"><${Times} operation=${operation} /></span>`}
      ${
        !readOnly &&
        html`<button
          type="button"
          class="link-button"
          onClick=${() => workspace.dialog("cancel-operation", { id: call.operation, tool: call.name, title: call.title })}
        >
          Cancel
        </button>`
      }
    </p>`;
  }
  const by = operation?.ended_by_run;
  if (!by) return null;
  const follow = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    workspace.openRun(session.threadId, by);
  };
  return html`<p class="tool__note">
    <${Icon} name="handOn" size=${13} /> Its result came in
    <a class="run-link" href="/threads/${session.threadId}/?run=${by}" onClick=${follow}>another run</a>.
  </p>`;
}
