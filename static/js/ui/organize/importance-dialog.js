// How important runs are: the automatic score with its reasons, and what a person says instead.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { Dialog } from "../dialog.js";

const MIDDLE = 50;

/** `detail`: `{runs}`. */
export function ImportanceDialog({ workspace, detail: { runs }, onClose }) {
  const [only] = runs.length === 1 ? runs : [];
  const [chosen, choose] = useState(null);
  const [known, setKnown] = useState(null);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (only) api.importance(only.id).then(setKnown, (error) => setProblem(error.message));
  }, []);
  const value = chosen ?? known?.importance ?? only?.importance ?? MIDDLE;
  const save = async (importance) => {
    try {
      await workspace.organizer.changeRuns(runs.map(({ id }) => id), { importance });
      onClose();
    } catch (error) {
      setProblem(error.message);
    }
  };
  const submit = (event) => {
    event.preventDefault();
    save(value);
  };
  const isGiven = only ? (known?.by ?? only.importance_by) === "person" : runs.some((run) => run.importance_by === "person");
  return html`<${Dialog} title=${only ? `Importance of run ${only.number}` : `Importance of ${runs.length} runs`} onClose=${onClose} class="dialog--small">
    <form class="importance" onSubmit=${submit}>
      <div class="importance__scale">
        <label class="visually-hidden" for="importance">Importance, from 0 to 100</label>
        <input
          id="importance"
          type="range"
          min="0"
          max="100"
          step="5"
          value=${value}
          autofocus
          onInput=${({ target }) => choose(Number(target.value))}
        />
        <output for="importance" class="importance__value">${value}</output>
      </div>
      <p class="importance__by">${whoSays(isGiven, chosen !== null)}</p>
      ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
      ${known && html`<${Reasons} known=${known} />`}
      <div class="dialog__actions dialog__actions--apart">
        ${
          isGiven
            ? html`<button type="button" class="link-button" onClick=${() => save(null)}>
                ${known ? `Back to the score, ${known.score}` : "Back to the score"}
              </button>`
            : html`<span></span>`
        }
        <button type="submit" class="button button--primary" disabled=${chosen === null}>Save</button>
      </div>
    </form>
  <//>`;
}

function whoSays(isGiven, isChosen) {
  if (isChosen) return "Your word: the score no longer changes it.";
  return isGiven ? "You have set it." : "The automatic score. Move it to say otherwise.";
}

function Reasons({ known }) {
  return html`<details class="importance__why" open=${known.by === "score"}>
    <summary>Why the score is ${known.score}</summary>
    <table>
      <tbody>
        ${known.reasons.map(
          ({ points, reason }) =>
            html`<tr key=${reason}>
              <th scope="row">${reason}</th>
              <td>${points > 0 ? `+${points}` : points}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`;
}
