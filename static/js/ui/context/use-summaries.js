// The summaries of the open conversation, read when a run names one and again when one may have changed.
import { useEffect } from "../../lib/preact.js";
import { loadSummaries, signOfSummaries } from "../../state/summaries.js";
import { useStore } from "../../state/store.js";

const PAUSE = 200; // ms: a summary is told with each of its runs

export function useSummaries({ session, workspace }) {
  const sign = useStore(session.state, signOfSummaries);
  useEffect(() => {
    if (!sign) return undefined;
    const timer = setTimeout(() => workspace.attempt(() => loadSummaries(session)), PAUSE);
    return () => clearTimeout(timer);
  }, [session, sign]);
}
