// A tool call, folded: its name and state, and inside what went in and what came out.
import { html } from "../lib/preact.js";
import { Icon } from "./icons.js";

const STATUS = {
  requested: "requested",
  running: "running",
  waiting: "waits for you",
  in_progress: "in progress",
  succeeded: "done",
  failed: "failed",
  cancelled: "cancelled",
};

function statusOf({ result, tool, runStatus }) {
  if (result) return result.is_error ? "failed" : "succeeded";
  if (tool) return tool.status;
  return runStatus === "running" ? "requested" : "cancelled";
}

export function ToolCall({ part, result, tool, runStatus }) {
  const status = statusOf({ result, tool, runStatus });
  const input = part.arguments ? JSON.stringify(part.arguments, null, 2) : part.arguments_text;
  return html`<details class="fold fold--tool fold--${status}">
    <summary class="fold__summary">
      <${Icon} name="wrench" size=${14} />
      <span class="fold__label">${part.name}</span>
      <span class="fold__status">${STATUS[status] ?? status}</span>
    </summary>
    <div class="fold__body">
      ${
        input &&
        html`<h4>Arguments</h4>
          <pre tabindex="0">${input}</pre>`
      }
      ${
        result &&
        html`<h4>${result.is_error ? "Error" : "Result"}</h4>
          <pre tabindex="0">${result.content}</pre>`
      }
    </div>
  </details>`;
}
