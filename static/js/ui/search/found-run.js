// A found run, as the palette and the search show it.
import { html } from "../../lib/preact.js";
import { useTitle } from "../masks.js";
import { Snippet } from "./snippet.js";

/** The run that is jumped to: one that was handed on is shown in the run that did so. */
export const placeOf = (run) => (run.trigger === "delegation" && run.cause ? run.cause.run_id : run.id);

export const addressOfFound = (run) => `/threads/${run.thread.id}/?run=${placeOf(run)}`;

/** What a found run is called. Its thread knows what its tokens stand for. */
export function FoundTitle({ workspace, run }) {
  const title = useTitle(workspace, { id: run.thread.id, anonymous: run.thread.anonymous, title: run.title });
  return html`<${Shown} text=${title} />`;
}

export function FoundThread({ workspace, thread }) {
  return html`<${Shown} text=${useTitle(workspace, thread)} />`;
}

const Shown = ({ text }) => text;

/** Its title and what was said in it. */
export function FoundRun({ workspace, run }) {
  return html`${run.title && html`<strong class="found__title"><${FoundTitle} workspace=${workspace} run=${run} /></strong>`}
    ${
      run.snippet?.text &&
      html`<span class="found__snippet"><${Snippet} workspace=${workspace} thread=${run.thread} snippet=${run.snippet} /></span>`
    }`;
}
