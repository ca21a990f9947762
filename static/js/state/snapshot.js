// What is shared, in the form in which the page draws conversations: it has ended, and nothing of it ever changes.
import { Store } from "./store.js";

const HIDDEN = "not shown here";

/** The runs of a snapshot as `[{run, messages}]`, with ids that are its own. */
export const turnsOf = ({ runs }) =>
  runs.map(({ messages, calls, ...run }) => ({
    run: { ...run, id: idOf(run) },
    messages: messages.map((message, index) => ({ ...message, id: `${idOf(run)}.${index}`, run_id: idOf(run) })),
  }));

/** What stands for the open conversation where the page asks for it. */
export function sessionOf({ snapshot }) {
  const tools = snapshot.runs.map((run) => [idOf(run), callsOf(run)]);
  const masks = snapshot.masks.map((mask) => [mask.token, { value: HIDDEN, ...mask }]);
  return {
    status: new Store({}),
    state: new Store({
      thread: { anonymous: snapshot.anonymous },
      masks: Object.fromEntries(masks),
      tools: Object.fromEntries(tools),
      runs: {},
    }),
  };
}

/** What stands for the workspace. Masks whose values are not shared are shown as the model sees them. */
export const workspaceOf = ({ share, snapshot }) => ({
  asModel: new Store(!share.reveals),
  catalogue: new Store({ agents: listOf(snapshot.agents), models: listOf(snapshot.models) }),
  toast() {},
});

const idOf = ({ number }) => `shared-${number}`;

const callsOf = (run) => Object.fromEntries(run.calls.map((call) => [call.tool_call_id, { ...call, run_id: idOf(run) }]));

const listOf = (names) => Object.entries(names).map(([slug, name]) => ({ slug, name }));
