// All runs of the open thread, read when the outline is shown and again when the page hears of one that was not among them.
import { useEffect, useMemo, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { isBehind, outlineRows } from "../../state/outline.js";
import { useStore } from "../../state/store.js";

const PAUSE = 400; // ms between two readings

/** `{rows, all, hasMore, error, read}`: the rows of the branch that is shown, or of all; whether there are others beside it. */
export function useOutline(session, { all }) {
  const runs = useStore(session.state, (state) => state.runs);
  const thread = useStore(session.state, (state) => state.thread);
  const [branches, setBranches] = useState(null);
  const [error, setError] = useState(null);
  const read = () =>
    api.branches(session.threadId).then(
      (found) => {
        setBranches(found);
        setError(null);
      },
      (problem) => setError(problem),
    );
  useEffect(() => {
    read();
  }, [session]);
  const behind = useMemo(() => branches !== null && isBehind(branches, { runs }), [branches, runs]);
  const tries = useRef(0);
  useEffect(() => {
    if (!behind) {
      tries.current = 0;
      return undefined;
    }
    tries.current += 1;
    const timer = setTimeout(read, PAUSE * tries.current); // a run may be known here before it is listed
    return () => clearTimeout(timer);
  }, [behind, branches]);
  const rows = useMemo(() => branches && outlineRows(branches, { runs, thread }, { all }), [branches, runs, thread, all]);
  const hasMore = useMemo(
    () => branches !== null && outlineRows(branches, { runs, thread }).length < outlineRows(branches, { runs, thread }, { all: true }).length,
    [branches, runs, thread],
  );
  return { rows, hasMore, error, read };
}
