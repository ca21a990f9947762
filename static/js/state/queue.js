// What waits for its turn in the open thread: changed, put into another order, taken out, sent at once, or said to the run
// that is under way.
import { api } from "../net/api.js";

export class Queue {
  #workspace;

  constructor(workspace) {
    this.#workspace = workspace;
  }

  /** Changes the words of a queued run. Those that come too late go back into the message field. */
  async edit(run, text) {
    try {
      await api.changeInput(run.id, { text });
    } catch (error) {
      this.giveBack(text, error);
    }
  }

  /** Words that were written for a run of the queue, and did not reach it. */
  giveBack(text, error) {
    this.#workspace.composer.restore({ text, images: [] }, error);
    this.#workspace.focusComposer();
  }

  /** Moves a run to another place, counted from 0, among the runs of the queue. */
  move(runs, run, place) {
    const order = runs.filter((one) => one !== run);
    order.splice(Math.max(0, Math.min(place, order.length)), 0, run);
    if (order.every((one, index) => one === runs[index])) return undefined;
    return this.#act(() => api.orderQueue(run.thread_id, order.map(({ id }) => id)));
  }

  remove = (run) =>
    this.#act(async () => {
      const { deletion } = await api.deleteRun(run.id, "run");
      const undo = () => this.#workspace.runs.undo(deletion);
      this.#workspace.toast("The message was taken out of the queue.", { action: { label: "Undo", run: undo } });
    });

  /** To the front, and what is being answered is stopped. */
  sendNow = (run) => this.#act(() => api.sendNow(run.id));

  /** Said to the run that is under way, before it asks its model again. */
  steer = (run) => this.#act(() => api.steerRun(run.id));

  #act(request) {
    return this.#workspace.attempt(request);
  }
}
