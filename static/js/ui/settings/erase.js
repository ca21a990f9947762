// Everything of mine, for good: asked for with the password and the name, and proved when it is done.
import { html, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { wholeNumber } from "../format.js";

export function EraseMyself({ workspace }) {
  const [asking, setAsking] = useState(false);
  const [report, setReport] = useState(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);

  const erase = async (event) => {
    event.preventDefault();
    const { password, confirm } = Object.fromEntries(new FormData(event.target));
    setProblem("");
    setBusy(true);
    try {
      setReport(await api.eraseMyself({ password, confirm }));
    } catch (error) {
      setProblem(error.message);
    }
    setBusy(false);
  };

  if (report) return html`<${Proof} report=${report} />`;
  return html`<section class="erase" aria-labelledby="erase-title">
    <h3 id="erase-title">Erase everything of mine</h3>
    <p class="settings__hint">
      Conversations with their images, skills, facts, settings, tokens, shares, templates and schedules are deleted, and you can log in
      no more. What it cost stays in the site’s books under a pseudonym. It cannot be undone.
    </p>
    ${
      asking
        ? html`<form class="policy-form" onSubmit=${erase}>
            <div class="field">
              <label for="erase-name">Your username, to be sure: ${workspace.user.username}</label>
              <input id="erase-name" name="confirm" autocomplete="off" autocapitalize="none" spellcheck=${false} required autofocus />
            </div>
            <div class="field">
              <label for="erase-password">Your password</label>
              <input id="erase-password" name="password" type="password" autocomplete="current-password" required />
            </div>
            ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
            <div class="settings__save">
              <button type="submit" class="button button--danger" disabled=${busy}>${busy ? "Erasing…" : "Erase everything"}</button>
              <button type="button" class="button" onClick=${() => setAsking(false)}>Keep everything</button>
            </div>
          </form>`
        : html`<button type="button" class="button" onClick=${() => setAsking(true)}>Erase everything of mine …</button>`
    }
  </section>`;
}

/** `report` has a digest where it is done; without one it goes on by itself. */
function Proof({ report }) {
  const { digest, pseudonym, searched } = report;
  return html`<section class="erase" role="status">
    <h3>${digest ? "Everything of yours is gone." : "You are being erased."}</h3>
    ${
      digest
        ? html`<p>
              ${wholeNumber(searched.rows)} rows of ${wholeNumber(searched.tables)} tables and ${wholeNumber(searched.files)} files were
              looked through: nothing names you any more. Keep this if you want to come back to it.
            </p>
            <dl class="erase__proof">
              <dt>Pseudonym</dt>
              <dd><code>${pseudonym}</code></dd>
              <dt>Report</dt>
              <dd><code>${digest}</code></dd>
            </dl>`
        : html`<p>Something still had to end. It goes on by itself, under the pseudonym <code>${pseudonym}</code>.</p>`
    }
    <p><a href="/accounts/login/">Leave</a></p>
  </section>`;
}
