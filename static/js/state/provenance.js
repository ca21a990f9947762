// Who or what started a run, and from which other run it was made: in words, with the run that it leads to.

const TRIGGERS = {
  tool: "Started by a finished tool",
  schedule: "Started by a schedule",
  webhook: "Started by a webhook",
  delegation: "Handed on by another agent",
};

const ORIGINS = {
  retry: "Retry of",
  rerun: "Runs again:",
  edit: "Edited from",
  continue: "Goes on with",
};

/**
 * What a run of a thread's state came from: `[{icon, text, run?, to?}]`, where `run` is a run that is known here, and `to` the
 * `{threadId, runId}` of one that is not; empty for what a person simply asked. What a tool started names the tool: `cause`;
 * what came from a schedule or a template names it: `schedule` (an id), `template` (`{id, version}`).
 */
export function provenance(state, run) {
  const found = [];
  if (run.kind === "system") found.push(trigger(state, run));
  if (run.template) found.push({ icon: "template", text: "From the template", template: run.template });
  if (run.batch) found.push({ icon: "columns", text: "One of several that were asked at once" });
  if (run.origin) found.push(origin(state, run));
  return found.filter(Boolean);
}

function trigger(state, { trigger: by, cause, schedule, thread_id }) {
  const text = TRIGGERS[by] ?? "Started by the system";
  if (by === "schedule") return { icon: "clock", text: schedule ? "Started by the schedule" : text, schedule };
  return { icon: "system", text, cause, ...(cause && way(state, { threadId: thread_id, runId: cause.run_id })) };
}

function origin({ runs, thread }, { origin: { run_id, how }, thread_id }) {
  if (how === "fork") {
    const from = thread?.forked_from;
    if (from?.run_id !== run_id) return null; // copied too: the last one says so for all
    return { icon: "branch", text: "Copied up to here from", to: { threadId: from.thread_id, runId: from.run_id }, far: true };
  }
  const text = ORIGINS[how] ?? "Made from";
  return { icon: how === "edit" ? "pencil" : "redo", text, ...way({ runs }, { threadId: thread_id, runId: run_id }) };
}

const way = ({ runs }, to) => (runs[to.runId] ? { run: runs[to.runId], to } : { to });
