// What a person does with runs: stop, try again, edit, go on, fork, show, remove and take that back.
import { api } from "../net/api.js";
import { branch } from "./thread-view.js";
import { isTerminal } from "./thread-state.js";

/** What is refused is told in a toast; then nothing has changed. */
export class RunActions {
  #workspace;

  constructor(workspace) {
    this.#workspace = workspace;
  }

  cancel = (run) => this.#act(() => api.cancelRun(run.id));
  retry = (run) => this.#act(() => api.retryRun(run.id));
  continue = (run) => this.#act(() => api.continueRun(run.id));

  /** Runs an input again, beside the first time: as it was, or with another `agent`, `model` (slugs) or `input`. */
  rerun = (run, fields = {}) => this.#act(() => api.rerunRun(run.id, fields));

  /** Stops what is being answered in the open thread, if anything is. */
  stop() {
    const session = this.#workspace.session.value;
    const run = session && branch(session.state.value).find((one) => !isTerminal(one));
    if (run) this.cancel(run);
  }

  /** Copies what was said up to a run into a new conversation, and opens that. */
  fork = (run, fields = {}) =>
    this.#act(async () => {
      const thread = await api.forkRun(run.id, fields);
      this.#workspace.list.put(thread);
      this.#workspace.openThread(thread.id);
    });

  /** Shows the branch that holds a run of the open thread, in all windows. */
  show = (runId, arrival) => this.#workspace.session.value.show(runId, arrival);

  /** Removes a run ("run"), or it and all that comes after it ("branch"). */
  remove = (run, scope) =>
    this.#act(async () => {
      const { deletion, runs } = await api.deleteRun(run.id, scope);
      const what = runs.length === 1 ? "The run was removed." : `${runs.length} runs were removed.`;
      this.#workspace.toast(what, { action: { label: "Undo", run: () => this.undo(deletion) } });
    });

  /** Removes several runs, each by itself: what follows them stays. */
  removeAll = async (runs) => {
    const deletions = [];
    await this.#act(async () => {
      for (const { id } of runs) deletions.push((await api.deleteRun(id, "run")).deletion);
    });
    if (deletions.length === 0) return;
    const undo = async () => {
      for (const deletion of deletions.toReversed()) await this.undo(deletion);
    };
    const what = deletions.length === 1 ? "The run was removed." : `${deletions.length} runs were removed.`;
    this.#workspace.toast(what, { action: { label: "Undo", run: undo } });
  };

  undo = (deletion) => this.#act(() => api.undoDeletion(deletion));

  #act(request) {
    return this.#workspace.attempt(request);
  }
}
