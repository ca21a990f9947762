// What was said, run by run. It follows the newest words only while the reader is at the end, and loads older ones above.
import { html, useEffect, useMemo, useRef } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { isTerminal } from "../state/thread-state.js";
import { attempts, branch, loadedRuns, messagesByRun } from "../state/thread-view.js";
import { listenForCopies } from "./clipboard.js";
import { Icon } from "./icons.js";
import { Run } from "./run.js";
import { SendingMessage } from "./sending-message.js";
import { useAnnouncements } from "./announcements.js";
import { useReadersPlace } from "./readers-place.js";

export function Transcript({ workspace, session }) {
  const state = useStore(session.state);
  const { phase, older, sending } = useStore(session.status);
  const scroller = useRef(null);
  const content = useRef(null);
  const messages = useStableLists(useMemo(() => messagesByRun(state), [state.messages, state.live]));
  const runs = useMemo(() => loadedRuns(branch(state), messages), [state.runs, state.thread?.head, messages]);
  const family = useMemo(() => attempts(state.runs), [state.runs]);
  const firstOpen = runs.find((run) => !isTerminal(run));
  const { atEnd, jumpToEnd, keepPlace } = useReadersPlace({ scroller, content, ready: phase === "ready" });
  useAnnouncements({ workspace, runs, messages, ready: phase === "ready" });
  useEffect(() => listenForCopies(content.current), []);
  useEffect(() => {
    if (sending.length) jumpToEnd();
  }, [sending.length]);
  const loadOlder = () =>
    keepPlace(() => session.loadOlder().catch((error) => workspace.toast(error.message, { kind: "error" })));

  const waiting = sending.filter((entry) => !(messages[entry.run_id] ?? []).some(({ role }) => role === "user"));
  return html`<section
    class="transcript"
    ref=${scroller}
    tabindex="0"
    aria-label="Conversation"
    aria-busy=${String(phase === "loading")}
  >
    <div class="transcript__content" ref=${content}>
      ${phase === "loading" && html`<${Placeholder} />`}
      ${
        phase === "ready" &&
        older !== "none" &&
        html`<${OlderEdge} scroller=${scroller} loading=${older === "loading"} onReach=${loadOlder} />`
      }
      ${runs.map((run) => {
        const [attempt, ofAttempts] = family[run.id] ?? [];
        return html`<${Run}
          key=${run.id}
          run=${run}
          messages=${messages[run.id]}
          workspace=${workspace}
          error=${state.errors[run.id]}
          tools=${state.tools}
          steps=${state.steps[run.id]}
          attempt=${attempt}
          ofAttempts=${ofAttempts}
          isLast=${run === runs.at(-1)}
          behind=${run !== firstOpen}
        />`;
      })}
      ${waiting.map((entry) => html`<${SendingMessage} key=${entry.key} entry=${entry} session=${session} />`)}
      ${
        phase === "ready" &&
        runs.length + waiting.length === 0 &&
        html`<p class="transcript__empty">Nothing has been said yet. Write the first message below.</p>`
      }
    </div>
    ${
      !atEnd &&
      html`<button type="button" class="jump" onClick=${jumpToEnd}>
        <${Icon} name="arrowDown" size=${15} /> Newest
      </button>`
    }
  </section>`;
}

/** Keeps the list of a run whose messages are the same ones, so that the run is not drawn again. */
function useStableLists(lists) {
  const last = useRef({});
  return useMemo(() => {
    const stable = {};
    for (const [id, list] of Object.entries(lists)) {
      const old = last.current[id];
      const same = old?.length === list.length && old.every((message, index) => message === list[index]);
      stable[id] = same ? old : list;
    }
    last.current = stable;
    return stable;
  }, [lists]);
}

/** Asks for older messages shortly before the reader reaches the top. */
function OlderEdge({ scroller, loading, onReach }) {
  const edge = useRef(null);
  const reach = useRef(onReach);
  reach.current = onReach;
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && reach.current(), {
      root: scroller.current,
      rootMargin: "600px 0px 0px 0px",
    });
    if (!loading) observer.observe(edge.current);
    return () => observer.disconnect();
  }, [loading]);
  return html`<p class="transcript__edge" ref=${edge} role="status">${loading ? "Loading older messages …" : ""}</p>`;
}

function Placeholder() {
  return html`<div class="placeholder" aria-hidden="true"><span></span><span></span><span></span></div>`;
}
