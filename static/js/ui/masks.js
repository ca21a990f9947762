// Masked personal data in what is drawn: whoever shows words of a thread asks here how they are to be shown.
import { createContext, html, useContext, useEffect, useMemo } from "../lib/preact.js";
import { markOf } from "../render/masks.js";
import { withLabels } from "../state/mask-names.js";
import { segmentsOf, unmaskJson, unmaskText, withoutHalfToken } from "../state/masks.js";
import { nothing, useStore } from "../state/store.js";
import { titleOf } from "../state/thread-list.js";

const NONE = Object.freeze({});
const same = (value) => value;

/** In a thread that is not anonymous everything is what it is: also what looks like a token. */
const CLEAR = Object.freeze({ isOn: false, known: NONE, asModel: false, reveal: same, revealJson: same, settled: same });

const Masks = createContext(CLEAR);

/**
 * `{isOn, known, asModel, reveal, revealJson, settled}`: the masks by their tokens; whether the thread is shown as the model sees
 * it; a text (a JSON value) as it is shown, for drawings, fields and copies; and a text without a token that was cut at its end.
 */
export const useMasks = () => useContext(Masks);

/** Everything in it shows the masks of a thread; `session` is null where there is none yet. */
export function WithMasks({ session, workspace, children }) {
  const isOn = useStore(session?.state ?? nothing, (state) => Boolean(state?.thread?.anonymous));
  const known = useStore(session?.state ?? nothing, (state) => state?.masks ?? NONE);
  const asModel = useStore(workspace.asModel);
  const masks = useMemo(() => (isOn ? masksIn(known, asModel) : CLEAR), [isOn, known, asModel]);
  return html`<${Masks.Provider} value=${masks}>${children}<//>`;
}

/** The same for a thread that is not open, of which `text` is shown: what its tokens stand for is read when it has any. */
export function WithBook({ workspace, thread, text, children }) {
  const known = useStore(workspace.books.store, (books) => books[thread.id] ?? NONE);
  const asModel = useStore(workspace.asModel);
  useEffect(() => {
    if (thread.anonymous) workspace.books.want(thread.id, text);
  }, [thread.anonymous, text]);
  const masks = useMemo(() => (thread.anonymous ? masksIn(known, asModel) : CLEAR), [thread.anonymous, known, asModel]);
  return html`<${Masks.Provider} value=${masks}>${children}<//>`;
}

const masksIn = (known, asModel) => ({
  isOn: true,
  known,
  asModel,
  reveal: asModel ? same : (text) => unmaskText(text, known),
  revealJson: asModel ? same : (value) => unmaskJson(value, known),
  settled: withoutHalfToken,
});

/** A text, each value in it with its mark. What was `cut` off may have taken the end of a token with it. */
export function MaskedText({ text, cut = false }) {
  const { isOn, known, asModel, settled } = useMasks();
  if (!isOn || typeof text !== "string") return text;
  return segmentsOf(cut ? settled(text) : text, known).map((segment, index) => {
    if (!segment.token) return segment.text;
    const { text: shown, name, title } = markOf(segment, asModel);
    if (!name) return shown;
    return html`<span key=${index} class=${name} dir="auto" title=${title}>${shown}</span>`;
  });
}

/**
 * The mark of a text that is drawn, where no part of it can have one of its own: `{name, title}`, its class and what it tells;
 * `null` where nothing in it is masked. `masks` is what `useMasks` gives.
 */
export function drawnMark({ isOn, known, asModel }, text) {
  if (!isOn || typeof text !== "string") return null;
  const masked = segmentsOf(text, known).filter(({ token }) => token);
  const marks = masked.map((segment) => markOf(segment, asModel)).filter(({ name }) => name);
  return marks.length > 0 ? { name: "drawn-mask", title: marks.map(({ title }) => title).join("\n") } : null;
}

/** What a listed conversation is called; what is not known yet, by its kind: "A letter to Person 1". */
export function useTitle(workspace, thread) {
  const title = titleOf(thread);
  const known = useStore(workspace.books.store, (books) => books[thread.id] ?? NONE);
  useEffect(() => {
    if (thread.anonymous) workspace.books.want(thread.id, title);
  }, [thread.anonymous, title]);
  if (!thread.anonymous) return title;
  const segments = segmentsOf(withoutHalfToken(title), known);
  return segments.map(({ text, token, value }) => (token ? value : withLabels(text))).join("");
}
