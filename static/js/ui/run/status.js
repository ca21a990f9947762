// How a run stands, in a word and a sign.

const STATUS = {
  queued: { label: "Queued", icon: "clock" },
  running: { label: "Answering", icon: "bolt" },
  waiting: { label: "Waits for you", icon: "clock" },
  completed: { label: "Completed", icon: "check" },
  failed: { label: "Failed", icon: "warning" },
  cancelled: { label: "Stopped", icon: "stop" },
  interrupted: { label: "Interrupted", icon: "warning" },
};

const WAITS_FOR_ANOTHER = { label: "Waits for another agent", icon: "clock" };

/** `{label, icon}`; `waitsForUs`: a waiting run waits for the person, not for another agent. */
export function statusOf(run, waitsForUs = true) {
  if (run.status === "waiting" && !waitsForUs) return WAITS_FOR_ANOTHER;
  return STATUS[run.status] ?? { label: run.status, icon: "clock" };
}
