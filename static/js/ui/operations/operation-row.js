// One operation: what goes on, since when and until when at most, in which conversation, and the runs at both of its ends.
import { html } from "../../lib/preact.js";
import { goesOn, horizonOf } from "../../state/operations.js";
import { duration, fullMoment, moment } from "../format.js";
import { Icon } from "../icons.js";
import { MaskedText, WithBook } from "../masks.js";
import { FoundThread } from "../search/found-run.js";
import { Elapsed } from "../tools/card.js";
import { iconOf, titleOf } from "../tools/describe.js";

export const STATUS = Object.freeze({
  in_progress: { label: "In progress", icon: "clock" },
  succeeded: { label: "Succeeded", icon: "check" },
  failed: { label: "Failed", icon: "warning" },
  timed_out: { label: "Timed out", icon: "warning" },
  cancelled: { label: "Cancelled", icon: "stop" },
});

/** `operation` as `GET operations/` lists it, with its `thread`. */
export function OperationRow({ workspace, operation }) {
  const { thread, tool, status, summary, result } = operation;
  const { label, icon } = STATUS[status] ?? { label: status, icon: "clock" };
  return html`<li class="operation operation--${status}" aria-label=${`${titleOf({ name: tool })}, ${label.toLowerCase()}`}>
    <span class="operation__icon"><${Icon} name=${iconOf({ name: tool, kind: "async" })} size=${16} /></span>
    <${WithBook} workspace=${workspace} thread=${thread} text=${`${summary}\n${result ?? ""}`}>
      <div class="operation__text">
        <p class="operation__what" dir="auto"><${MaskedText} text=${summary || titleOf({ name: tool })} cut /></p>
        <p class="operation__facts">
          <span class="operation__status"><${Icon} name=${icon} size=${13} /> ${label}</span>
          <${Times} operation=${operation} />
        </p>
        ${result && html`<p class="operation__result" dir="auto"><${MaskedText} text=${result} cut /></p>`}
        <p class="operation__where">
          <${Way} workspace=${workspace} thread=${thread} run=${operation.run_id}><${FoundThread} workspace=${workspace} thread=${thread} /><//>
          ${
            operation.ended_by_run &&
            html`<${Way} workspace=${workspace} thread=${thread} run=${operation.ended_by_run}>
              <${Icon} name="handOn" size=${13} /> the run that brought its result
            <//>`
          }
        </p>
      </div>
    <//>
    ${
      goesOn(operation) &&
      html`<button type="button" class="button button--small operation__cancel" onClick=${() => workspace.dialog("cancel-operation", operation)}>
        Cancel<span class="visually-hidden"> ${titleOf({ name: tool })}</span>
      </button>`
    }
  </li>`;
}

/** Since when, and what comes when; or how long it took. */
export function Times({ operation }) {
  const { created_at: since, ended_at: until } = operation;
  if (until) {
    return html`<span>after ${duration(since, until)}</span>
      <time datetime=${until} title=${fullMoment(until)}>${moment(until)}</time>`;
  }
  const { at, is } = horizonOf(operation);
  return html`<span>since <time datetime=${since} title=${fullMoment(since)}>${moment(since)}</time>
    <span class="visually-hidden">, for</span> <${Elapsed} since=${since} /></span>
    <span>${is === "due" ? "due" : "at the latest until"} <time datetime=${at} title=${fullMoment(at)}>${moment(at)}</time></span>`;
}

function Way({ workspace, thread, run, children }) {
  const follow = (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    workspace.openRun(thread.id, run);
  };
  return html`<a class="run-link" href="/threads/${thread.id}/?run=${run}" onClick=${follow}>${children}</a>`;
}
