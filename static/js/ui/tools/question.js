// A call that waits for the person: a question with its fields, or leave to go on. It is sent once, and stays until the
// server has taken it.
import { html, useEffect, useLayoutEffect, useRef, useState } from "../../lib/preact.js";
import { answerOf, blank, formOf } from "../../state/answer-form.js";
import { Icon } from "../icons.js";
import { MaskedText, useMasks } from "../masks.js";
import { AnswerFields } from "./answer-fields.js";
import { Approval } from "./approval.js";
import { titleOf } from "./describe.js";
import { Expiry } from "./expiry.js";
import { focusFirstInvalid, submitByKey } from "./form-keys.js";

const BELOW = 160; // px under a new question that still count as the end of the conversation

/** `asker` is who asks, where that is not who answers here. */
export function Question({ call, session, workspace, readOnly, asker = "" }) {
  const card = useRef(null);
  const { reveal } = useMasks();
  const isApproval = call.asks === "approval";
  const Ask = isApproval ? Approval : Asked;
  const sending = useSending({ call, session });
  useFocusOnArrival(card, call, session);
  useEffect(() => {
    if (session.isNews(call)) workspace.announce(`${isApproval ? "Your approval is needed" : "A question for you"}: ${reveal(call.question || titleOf(call))}`);
  }, []);
  return html`<section
    class="question ${isApproval ? "question--approval" : ""}"
    ref=${card}
    tabindex="-1"
    aria-label=${isApproval ? "Approval needed" : "A question for you"}
    aria-busy=${String(sending.busy)}
  >
    <fieldset class="question__inside" disabled=${sending.busy || readOnly}>
      <legend class="visually-hidden">${reveal(call.question || "A question for you")}</legend>
      ${asker && html`<p class="question__asker">${asker} asks</p>`}
      <${Ask} call=${call} sending=${sending} />
    </fieldset>
    <p class="question__foot" role="status">
      ${sending.error && html`<span class="question__error"><${Icon} name="warning" size=${14} /> ${sending.error}</span>`}
      ${sending.busy && "Sending …"} <${Expiry} at=${call.expires_at} />
    </p>
  </section>`;
}

/** The form of a question. */
function Asked({ call, sending }) {
  const { revealJson } = useMasks();
  const [form] = useState(() => withRevealed(formOf(call.schema), revealJson));
  const [held, setHeld] = useState(() => blank(form));
  const [errors, setErrors] = useState({});
  const node = useRef(null);
  const submit = (event) => {
    event.preventDefault();
    const { content, errors: found } = answerOf(form, held);
    setErrors(found);
    if (Object.keys(found).length) return focusFirstInvalid(node.current);
    return sending.send({ content });
  };
  return html`<form class="question__form" ref=${node} onSubmit=${submit} onKeyDown=${submitByKey} novalidate>
    <h4 class="question__title" dir="auto"><${Icon} name="help" size=${16} /> <span><${MaskedText} text=${call.question || call.title || "A question"} /></span></h4>
    <${AnswerFields}
      form=${form}
      held=${held}
      errors=${errors}
      titled=${!form.single}
      onHold=${(name, value) => {
        setHeld((known) => ({ ...known, [name]: value }));
        setErrors(({ [name]: _settled, ...others }) => others);
      }}
    />
    <div class="question__actions">
      <button type="submit" class="button button--primary button--small">Answer</button>
    </div>
  </form>`;
}

/** A form whose fields begin with real values. What can be chosen keeps its tokens: the answer is one of these. */
function withRevealed(form, reveal) {
  const fields = form.fields.map((field) => (field.options.length ? field : { ...field, initial: reveal(field.initial) }));
  return { ...form, fields };
}

/** `{busy, error, send(result)}`. An answer that was taken leaves it busy: the call's next frame ends the question. */
function useSending({ call, session }) {
  const [state, setState] = useState({ busy: false, error: "" });
  const send = async (result) => {
    setState({ busy: true, error: "" });
    try {
      await session.answer(call.run_id, [{ tool_call_id: call.tool_call_id, ...result }]);
    } catch (error) {
      setState({ busy: false, error: messageOf(error) });
    }
  };
  return { ...state, send };
}

function messageOf({ code, message, details }) {
  if (code === "call_not_pending") return "This has been answered already, or waits no longer.";
  const found = Array.isArray(details?.errors) ? details.errors : [];
  return [message, ...found.map((one) => (typeof one === "string" ? one : one?.message))].filter(Boolean).join(" ");
}

/**
 * A question that has just come gets the focus where nobody is disturbed by that: at the end, while nothing is typed, the first
 * of several. An approval gets it as a whole: a key that was meant for the message must not press its button.
 */
function useFocusOnArrival(card, call, session) {
  useLayoutEffect(() => {
    if (session.isNews(call) && isAtEnd(card.current)) card.current.scrollIntoView({ block: "nearest" });
  }, []);
  useEffect(() => {
    if (!session.isNews(call) || !isAtEnd(card.current) || isTyping() || matchMedia("(pointer: coarse)").matches) return;
    const first = call.asks === "approval" ? card.current : card.current.querySelector("input, textarea, select, button");
    first?.focus({ preventScroll: true });
  }, []);
}

function isAtEnd(node) {
  const scroller = node.closest(".transcript");
  if (!scroller) return false;
  return node.getBoundingClientRect().bottom <= scroller.getBoundingClientRect().bottom + BELOW + node.offsetHeight;
}

/** Whether the focus is in a field that something was written into, in a dialog, or at another question. */
function isTyping() {
  const active = document.activeElement;
  if (active?.closest("dialog, .question")) return true;
  return Boolean(active?.matches("textarea, input:not([type=radio], [type=checkbox])") && active.value);
}
