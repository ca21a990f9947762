// What a person says of answers: a thumb, why, and a comment. What was written and could not be kept stays here.
import { api } from "../net/api.js";

/** Why an answer is good, or is not: `[value, words]`, by the rating. */
export const REASONS = Object.freeze({
  1: Object.freeze([["helpful", "Helpful"], ["style", "Tone or form"], ["other", "Something else"]]),
  [-1]: Object.freeze([
    ["wrong", "It is wrong"],
    ["incomplete", "It is incomplete"],
    ["ignored", "It did not do what was asked"],
    ["style", "Tone or form"],
    ["slow", "Too slow"],
    ["harmful", "Harmful"],
    ["other", "Something else"],
  ]),
});

/** What was said, with another thumb: a reason that does not go with it is gone. */
export function rated(said, rating) {
  const fits = REASONS[rating].some(([reason]) => reason === said.reason);
  return { ...said, rating, reason: fits ? said.reason : "" };
}

export class Feedback {
  #workspace;
  #drafts = new Map(); // run id → {rating, reason, comment} that the server would not take

  constructor(workspace) {
    this.#workspace = workspace;
  }

  /** Rates an answer with a thumb alone; the same thumb again takes it back. */
  rate = (run, rating) =>
    this.#workspace.attempt(async () => {
      if (run.feedback?.rating === rating) return this.takeBack(run);
      await api.giveFeedback(run.id, { rating });
      this.#workspace.toast("Thank you. Your word is kept.", {
        action: { label: "Say why", run: () => this.#workspace.dialog("feedback", { ...run, feedback: { rating } }) },
      });
    });

  /** What the dialog begins with: what was written before, or what was said. */
  async draftOf(run) {
    const draft = this.#drafts.get(run.id);
    if (draft) return draft;
    if (!run.feedback) return { rating: 1, reason: "", comment: "" };
    const { rating, reason = "", comment = "" } = await api.feedback(run.id);
    return { rating, reason, comment };
  }

  /** Says all of it; rejects with what the server has against it, and then keeps it for the next time. */
  async give(run, said) {
    this.#drafts.set(run.id, said);
    await api.giveFeedback(run.id, said);
    this.#drafts.delete(run.id);
  }

  async takeBack(run) {
    await api.takeFeedbackBack(run.id);
    this.#drafts.delete(run.id);
    this.#workspace.toast("Your word on the answer was taken back.");
  }
}
