// Finds a run of another conversation to compare with.
import { html, useEffect, useRef, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { arrowKeys } from "../arrow-keys.js";
import { moment } from "../format.js";
import { Icon } from "../icons.js";
import { FoundRun, FoundThread } from "../search/found-run.js";

const DELAY = 250; // ms after the last key
const SHOWN = 8; // runs

/** `onChoose` gets a run as `GET runs/` lists it, with its `thread`. */
export function CompareSearch({ session, workspace, onChoose }) {
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const field = useRef(null);
  const { runs, problem } = useFound(typed, session.threadId);
  useEffect(() => {
    if (open) field.current.focus();
  }, [open]);
  if (!open) {
    return html`<button type="button" class="link-button compare__elsewhere" onClick=${() => setOpen(true)}>
      <${Icon} name="search" size=${14} /> A run of another conversation
    </button>`;
  }
  const choose = (run) => {
    onChoose(run);
    setOpen(false);
    setTyped("");
  };
  return html`<div class="chooser compare__search" onKeyDown=${arrowKeys("input, .chooser__option")}>
    <input
      class="picker__search"
      type="search"
      ref=${field}
      maxlength="500"
      placeholder="What was said in it"
      aria-label="Find a run of another conversation"
      value=${typed}
      onInput=${({ target }) => setTyped(target.value)}
    />
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
    <div class="chooser__list" role="group" aria-label="Runs of other conversations">
      ${runs?.map(
        (run) =>
          html`<button type="button" class="chooser__option" key=${run.id} onClick=${() => choose(run)}>
            <span class="compare__found">
              <span class="compare__thread"><${FoundThread} workspace=${workspace} thread=${run.thread} />, run ${run.number}, ${moment(run.created_at)}</span>
              <span class="chooser__name found"><${FoundRun} workspace=${workspace} run=${run} /></span>
            </span>
          </button>`,
      )}
      ${runs?.length === 0 && html`<p class="chooser__none" role="status">Nothing was found in other conversations.</p>`}
    </div>
  </div>`;
}

/** Runs of other conversations in which these words are: `{runs, problem}`; no runs as long as nothing was looked for. */
function useFound(typed, threadId) {
  const [found, setFound] = useState({});
  const asked = useRef(0);
  useEffect(() => {
    const q = typed.trim();
    asked.current += 1;
    if (!q) return setFound({});
    const own = asked.current;
    const timer = setTimeout(() => {
      api.findRuns({ q }).then(
        ({ results }) => {
          const others = results.filter((run) => run.thread.id !== threadId).slice(0, SHOWN);
          if (own === asked.current) setFound({ runs: others });
        },
        (error) => own === asked.current && setFound({ problem: error.message }),
      );
    }, DELAY);
    return () => clearTimeout(timer);
  }, [typed, threadId]);
  return found;
}
