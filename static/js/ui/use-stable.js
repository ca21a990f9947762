// A function that is the same one at each drawing, so that rows that were drawn once need not be drawn again.
import { useCallback, useRef } from "../lib/preact.js";

/** It does what `act` of the newest drawing does. For what is called by events, and not while drawing. */
export function useStable(act) {
  const newest = useRef(act);
  newest.current = act;
  return useCallback((...given) => newest.current(...given), []);
}
