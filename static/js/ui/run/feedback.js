// Thumbs at an answer, and the dialog for what a thumb cannot say.
import { html, useEffect, useState } from "../../lib/preact.js";
import { REASONS, rated } from "../../state/feedback.js";
import { Dialog } from "../dialog.js";
import { IconButton } from "../icons.js";
import { useMasks, WithMasks } from "../masks.js";

const THUMBS = [
  [1, "thumbUp", "A good answer"],
  [-1, "thumbDown", "Not a good answer"],
];
const LONGEST = 2000; // characters of a comment

/** Which of them is pressed is what the person has said. */
export function Thumbs({ run, workspace }) {
  return THUMBS.map(
    ([rating, icon, label]) =>
      html`<${IconButton}
        key=${rating}
        name=${icon}
        size=${16}
        label=${label}
        class="thumb"
        aria-pressed=${String(run.feedback?.rating === rating)}
        onClick=${() => workspace.feedback.rate(run, rating)}
      />`,
  );
}

/** `detail` is the run. */
export function FeedbackDialog({ workspace, detail: run, onClose }) {
  const session = workspace.session.value;
  return html`<${WithMasks} session=${session} workspace=${workspace}>
    <${Dialog} title=${`What do you say of answer ${run.number}?`} onClose=${onClose} class="dialog--small">
      <${FeedbackForm} workspace=${workspace} run=${run} onClose=${onClose} />
    <//>
  <//>`;
}

function FeedbackForm({ workspace, run, onClose }) {
  const { reveal } = useMasks();
  const [said, say] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const begin = (draft) => say({ ...draft, comment: reveal(draft.comment) });
    workspace.feedback.draftOf(run).then(begin, (error) => setProblem(error.message));
  }, []);
  const attempt = async (request) => {
    try {
      await request();
      onClose();
    } catch (error) {
      setProblem(error.message);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    attempt(() => workspace.feedback.give(run, said));
  };
  if (!said) return html`<p role=${problem ? "alert" : "status"}>${problem || "Loading …"}</p>`;
  return html`<form class="feedback" onSubmit=${submit}>
    <fieldset class="segments">
      <legend class="visually-hidden">The answer is</legend>
      ${THUMBS.map(
        ([rating, , label]) =>
          html`<label key=${rating} class="segment">
            <input type="radio" name="rating" checked=${said.rating === rating} onChange=${() => say(rated(said, rating))} />
            <span>${label}</span>
          </label>`,
      )}
    </fieldset>
    <div class="field">
      <label for="feedback-reason">Why</label>
      <select id="feedback-reason" value=${said.reason} onChange=${({ target }) => say({ ...said, reason: target.value })}>
        <option value="">No reason given</option>
        ${REASONS[said.rating].map(([value, words]) => html`<option key=${value} value=${value}>${words}</option>`)}
      </select>
    </div>
    <div class="field">
      <label for="feedback-comment">In your words</label>
      <textarea
        id="feedback-comment"
        rows="4"
        maxlength=${LONGEST}
        value=${said.comment}
        onInput=${({ target }) => say({ ...said, comment: target.value })}
      ></textarea>
    </div>
    <p class="feedback__note">Whoever runs this site may read it. It changes nothing in the conversation.</p>
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
    <div class="dialog__actions dialog__actions--apart">
      ${
        run.feedback
          ? html`<button type="button" class="link-button" onClick=${() => attempt(() => workspace.feedback.takeBack(run))}>Take it back</button>`
          : html`<span></span>`
      }
      <button type="submit" class="button button--primary">Save</button>
    </div>
  </form>`;
}
