// How full the model's window is, beside the message field; it opens what fills it.
import { html, useEffect } from "../../lib/preact.js";
import { fullness, signOf, withDraft } from "../../state/context.js";
import { nothing, useStore } from "../../state/store.js";
import { shortNumber, wholeNumber } from "../format.js";

const NEARLY = 80; // percent, from which on it is worth a colour
const WIDTH = 34; // px
const HEIGHT = 6;

/** Nothing is drawn in a new conversation, and as long as the window is not known. `agent` and `text` are of the next message. */
export function ContextGauge({ workspace, session, agent, text }) {
  const { threadId, found } = useStore(workspace.view.store);
  const sign = useStore(session?.state ?? nothing, (state) => state && signOf(state));
  const isReady = useStore(session?.status ?? nothing, (status) => status?.phase === "ready");
  useEffect(() => {
    if (isReady) workspace.view.readSoon(session, { agent });
  }, [session, isReady, sign, agent]);
  if (!session || !found || threadId !== session.threadId) return null;
  const { taken, room, percent } = fullness(withDraft(found, text));
  const left = found.entries.some(({ shown }) => shown === "left_out" || shown === "shortened");
  const tone = percent >= 100 || left ? "full" : percent >= NEARLY ? "nearly" : "good";
  const figures = `${wholeNumber(taken)} of ${wholeNumber(room)} tokens`;
  return html`<button
    type="button"
    class="gauge gauge--${tone}"
    aria-haspopup="dialog"
    aria-label="What the model sees: ${percent} % of its window, ${figures}"
    title="What the model sees: about ${shortNumber(taken)} of ${shortNumber(room)} tokens"
    onClick=${() => workspace.dialog("context")}
  >
    <svg class="gauge__bar" width=${WIDTH} height=${HEIGHT} aria-hidden="true">
      <rect class="gauge__ground" width=${WIDTH} height=${HEIGHT} rx=${HEIGHT / 2} />
      <rect class="gauge__taken" width=${Math.max(percent > 0 ? HEIGHT : 0, (WIDTH * percent) / 100)} height=${HEIGHT} rx=${HEIGHT / 2} />
    </svg>
    <span class="gauge__percent">${percent} %</span>
  </button>`;
}
