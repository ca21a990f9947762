// What the server finds for what is typed: asked a moment after the last key.
import { useEffect, useState } from "../../lib/preact.js";
import { api, ApiError } from "../../net/api.js";

const DELAY = 130; // ms
const NOTHING = Object.freeze({ threads: [], runs: [], loading: false, error: null });

/** `{threads, runs, loading, error}`; what was found stays until something else is. */
export function useFound(typed) {
  const [found, setFound] = useState(NOTHING);
  const query = typed.trim();
  useEffect(() => {
    if (!query) return setFound(NOTHING);
    const request = new AbortController();
    setFound((before) => ({ ...before, loading: true }));
    const timer = setTimeout(() => look(query, request.signal).then((next) => next && setFound(next)), DELAY);
    return () => {
      clearTimeout(timer);
      request.abort();
    };
  }, [query]);
  return found;
}

/** `undefined` where it was given up. */
async function look(query, signal) {
  try {
    return { ...NOTHING, ...(await api.find(query, { signal })) };
  } catch (error) {
    if (error.name === "AbortError") return undefined;
    if (!(error instanceof ApiError)) throw error;
    return { ...NOTHING, error };
  }
}
