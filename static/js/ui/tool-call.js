// A tool call, as what it is: something shown, a question, a task for another agent, or a line that can be opened.
import { html, useMemo } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { asksPerson, callOf } from "../state/tool-calls.js";
import { isTerminal } from "../state/thread-state.js";
import { ToolCard } from "./tools/card.js";
import { Delegation } from "./tools/delegation.js";
import { describe } from "./tools/describe.js";
import { displayOf } from "./tools/display.js";
import { Question } from "./tools/question.js";

export function ToolCall({ part, result, streaming, run, session, workspace, readOnly }) {
  const known = useStore(session.state, (state) => callOf(state, run.id, part.id));
  const call = describe({ part, call: known, result, run, streaming });
  // The same value as long as the arguments are the same: what was zoomed or sorted in it stays so.
  const display = useMemo(() => displayOf(call), [call.name, call.kind, call.status, call.arguments]);
  const props = { call, session, workspace, readOnly };
  if (call.kind === "delegation" || call.child) return html`<${Delegation} ...${props} />`;
  if (asksPerson(call) && !isTerminal(run)) return html`<${Question} ...${props} />`;
  if (display) return html`<${display.Show} value=${display.value} run=${run} session=${session} workspace=${workspace} />`;
  return html`<${ToolCard} ...${props} />`;
}
