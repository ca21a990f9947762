// What was said to a run while it ran: accepted at first; then it has joined the answer, or come back.

const isSteer = ({ kind }) => kind === "steer";

/** What a run has not heard yet: `[{command_id, text}]`, in the order in which it was said. */
export function unheard(steps = []) {
  const settled = new Set(steps.filter((step) => isSteer(step) && step.status !== "accepted").map((step) => step.details.command_id));
  return steps
    .filter((step) => isSteer(step) && step.status === "accepted" && !settled.has(step.details.command_id))
    .map(({ details }) => details);
}
