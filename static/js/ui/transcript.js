// What was said, run by run. It follows the newest words only while the reader is at the end, and loads older ones above.
import { html, useEffect, useLayoutEffect, useMemo, useRef } from "../lib/preact.js";
import { blocks } from "../state/blocks.js";
import { siblingsOf } from "../state/branches.js";
import { kept } from "../state/folds.js";
import { useStore } from "../state/store.js";
import { isBusy, messagesByRun, queueOf, stretch } from "../state/thread-view.js";
import { listenForCopies } from "./clipboard.js";
import { SummaryBlock } from "./context/summary-block.js";
import { useSummaries } from "./context/use-summaries.js";
import { Icon } from "./icons.js";
import { Run } from "./run.js";
import { Batch, useBatch } from "./run/batch.js";
import { Group, useGroups } from "./run/group.js";
import { markRun } from "./run-link.js";
import { SendingMessage } from "./sending-message.js";
import { useAnnouncements } from "./announcements.js";
import { useReadersPlace } from "./readers-place.js";

export function Transcript({ workspace, session }) {
  const state = useStore(session.state);
  const { phase, older, newer, sending, arrival } = useStore(session.status);
  const scroller = useRef(null);
  const content = useRef(null);
  const messages = useStableLists(useMemo(() => messagesByRun(state), [state.messages, state.live]));
  const all = useMemo(() => stretch(state), [state.runs, state.thread?.head, state.view]);
  const queued = useMemo(() => new Set(queueOf(all)), [all]);
  const runs = all.filter((run) => !queued.has(run));
  const isBusyNow = isBusy(all);
  const keptBatches = kept.use(session.threadId);
  useGroups({ state, runs, session, workspace });
  useSummaries({ session, workspace });
  useBatch({ state, runs, messages, session, workspace });
  const { atEnd, jumpToEnd, keepPlace, hold } = useReadersPlace({
    scroller,
    content,
    ready: phase === "ready",
    isWhole: newer === "none",
  });
  useAnnouncements({ workspace, runs: all, messages, ready: phase === "ready" });
  useArrival({ session, arrival, content, scroller, hold });
  useEffect(() => listenForCopies(content.current), []);
  useEffect(() => {
    if (sending.length && !isBusyNow) jumpToEnd();
  }, [sending.length]);
  const tell = (error) => workspace.toast(error.message, { kind: "error" });
  const toNewest = async () => {
    await session.toNewest().catch(tell);
    jumpToEnd();
  };

  const drawn = (run, inSummary = false) =>
    html`<${Run}
      key=${run.id}
      run=${run}
      messages=${messages[run.id]}
      session=${session}
      workspace=${workspace}
      error=${state.errors[run.id]}
      steps=${state.steps[run.id]}
      siblings=${siblingsOf(state, run)}
      isLast=${run === runs.at(-1)}
      inSummary=${inSummary}
    />`;
  const drawnBlock = (block) => {
    if (block.type === "run") return drawn(block.run);
    if (block.type === "summary")
      return html`<${SummaryBlock} ...${block} session=${session} workspace=${workspace}>${block.runs.map((run) => drawn(run, true))}<//>`;
    if (block.type === "group")
      return html`<${Group} ...${block} session=${session} workspace=${workspace}>${block.blocks.map(drawnBlock)}<//>`;
    return html`<${Batch} ...${block} messages=${messages} state=${state} session=${session} workspace=${workspace} />`;
  };

  // What is sent while something is answered stands in the queue.
  const waiting = isBusyNow ? [] : sending.filter((entry) => !hasQuestion(messages[entry.run_id]));
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
        html`<${Edge}
          scroller=${scroller}
          loading=${older === "loading"}
          label="Loading older messages …"
          onReach=${() => keepPlace(() => session.loadOlder().catch(tell))}
        />`
      }
      ${blocks(state, runs, keptBatches).map(drawnBlock)}
      ${waiting.map((entry) => html`<${SendingMessage} key=${entry.key} entry=${entry} session=${session} />`)}
      ${
        phase === "ready" &&
        newer !== "none" &&
        html`<${Edge}
          scroller=${scroller}
          loading=${newer === "loading"}
          label="Loading newer messages …"
          onReach=${() => session.loadNewer().catch(tell)}
        />`
      }
      ${
        phase === "ready" &&
        runs.length + waiting.length === 0 &&
        html`<p class="transcript__empty">Nothing has been said yet. Write the first message below.</p>`
      }
    </div>
    ${
      (!atEnd || newer !== "none") &&
      html`<button type="button" class="jump" onClick=${toNewest}>
        <${Icon} name="arrowDown" size=${15} /> Newest
      </button>`
    }
  </section>`;
}

const hasQuestion = (messages = []) => messages.some(({ role }) => role === "user");

/** Brings a run into sight that somebody went to, as soon as it is drawn. */
function useArrival({ session, arrival, content, scroller, hold }) {
  useLayoutEffect(() => {
    const run = session.state.value.runs[arrival?.runId];
    const node = run && content.current.querySelector(`#run-${run.number}`);
    if (!node) return;
    session.status.patch({ arrival: null });
    hold(node, arrival.top ?? scroller.current.getBoundingClientRect().top);
    if (arrival.top === undefined) markRun(node);
    if (arrival.focus) node.querySelector(arrival.focus)?.focus({ preventScroll: true });
  });
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

/** Asks for more messages shortly before the reader reaches the edge of what is there. */
function Edge({ scroller, loading, label, onReach }) {
  const edge = useRef(null);
  const reach = useRef(onReach);
  reach.current = onReach;
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && reach.current(), {
      root: scroller.current,
      rootMargin: "600px 0px 600px 0px",
    });
    if (!loading) observer.observe(edge.current);
    return () => observer.disconnect();
  }, [loading]);
  return html`<p class="transcript__edge" ref=${edge} role="status">${loading ? label : ""}</p>`;
}

function Placeholder() {
  return html`<div class="placeholder" aria-hidden="true"><span></span><span></span><span></span></div>`;
}
