// In the head of a run: that the model does not see it as it is, and the way back.
import { html } from "../../lib/preact.js";
import { Icon } from "../icons.js";

/** `inSummary`: the run is drawn beneath the summary that stands for it. */
export function ContextMark({ run, inSummary, readOnly, workspace }) {
  const text = wordsOf(run, inSummary);
  if (!text) return null;
  return html`<span class="mark mark--out">
    <${Icon} name=${run.context === "excluded" ? "eyeOff" : "summary"} size=${13} /> ${text}
    ${
      run.context === "excluded" &&
      !readOnly &&
      html`<button type="button" class="link-button" onClick=${() => workspace.view.takeBack([run])}>
        Take back<span class="visually-hidden"> run ${run.number}</span>
      </button>`
    }
  </span>`;
}

function wordsOf({ context }, inSummary) {
  if (context === "excluded") return "the model does not see it";
  if (context === "summarised" && !inSummary) return "whole on this branch: its summary speaks of others";
  return "";
}
