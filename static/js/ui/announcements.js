// Tells a screen reader that an answer has ended, once and politely, instead of reading out every piece of it.
import { useEffect, useRef } from "../lib/preact.js";
import { isTerminal } from "../state/thread-state.js";
import { useMasks } from "./masks.js";

const LONGEST = 400; // characters that are read out

const ENDINGS = {
  completed: "Answer finished.",
  failed: "The run failed.",
  cancelled: "Stopped.",
  interrupted: "The run was interrupted.",
};

const answerOf = (messages = []) =>
  messages
    .filter(({ role }) => role === "assistant")
    .flatMap(({ content }) => content.filter(({ type }) => type === "text").map(({ text }) => text))
    .join(" ");

export function useAnnouncements({ workspace, runs, messages, ready }) {
  const { reveal } = useMasks();
  const open = useRef(new Set());
  const told = useRef(new Set());
  const since = useRef(Date.now());
  useEffect(() => {
    if (!ready) return;
    for (const run of runs) {
      if (!isTerminal(run)) open.current.add(run.id);
      else if (!told.current.has(run.id)) {
        told.current.add(run.id);
        // A quick answer may never have been drawn while it was under way.
        const isNews = open.current.delete(run.id) || Date.parse(run.finished_at) >= since.current;
        if (!isNews) continue;
        const said = reveal(run.error?.message ?? answerOf(messages[run.id])).slice(0, LONGEST);
        workspace.announce(`${ENDINGS[run.status]} ${said}`);
      }
    }
  }, [runs, ready]);
}
