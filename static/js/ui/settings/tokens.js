// API tokens: made, shown once, revoked.
import { html, useEffect, useState } from "../../lib/preact.js";
import { api } from "../../net/api.js";
import { copyText } from "../clipboard.js";
import { moment } from "../format.js";

export function Tokens({ workspace }) {
  const [tokens, setTokens] = useState(null);
  const [created, setCreated] = useState(null);
  const [problem, setProblem] = useState("");
  const load = async () => {
    try {
      setTokens((await api.tokens()).results);
    } catch (error) {
      setProblem(error.message);
    }
  };
  useEffect(() => {
    load();
  }, []);

  const attempt = async (request) => {
    setProblem("");
    try {
      await request();
      await load();
    } catch (error) {
      setProblem(error.message);
    }
  };
  const revoke = (token) => attempt(() => api.revokeToken(token.id));
  const create = (event) => {
    event.preventDefault();
    const form = event.target;
    const name = new FormData(form).get("name");
    attempt(async () => {
      setCreated(await api.createToken({ name }));
      form.reset();
    });
  };
  return html`<section class="settings" aria-label="API tokens">
    <p class="settings__hint">
      A program reads and drives your conversations with a token. <a href="/api/v1/docs/">How the API works</a>
    </p>
    ${created && html`<${NewToken} token=${created.token} workspace=${workspace} />`}
    ${
      tokens?.length > 0 &&
      html`<ul class="tokens">
        ${tokens.map((token) => html`<${Token} key=${token.id} token=${token} onRevoke=${() => revoke(token)} />`)}
      </ul>`
    }
    <form class="field-row field-row--end" onSubmit=${create}>
      <div class="field">
        <label for="token-name">What it is for</label
        ><input id="token-name" name="name" maxlength="100" autocomplete="off" required />
      </div>
      <button type="submit" class="button">Make a token</button>
    </form>
    ${problem && html`<p class="field__error" role="alert">${problem}</p>`}
  </section>`;
}

function NewToken({ token, workspace }) {
  const copy = async () =>
    workspace.toast((await copyText(token)) ? "The token was copied." : "The browser refused to copy.");
  return html`<div class="new-token" role="status">
    <p>This is shown once. Keep it where you keep passwords.</p>
    <div class="new-token__row">
      <code>${token}</code><button type="button" class="button button--small" onClick=${copy}>Copy</button>
    </div>
  </div>`;
}

function Token({ token, onRevoke }) {
  return html`<li class="token">
    <span
      ><strong>${token.name || "Unnamed"}</strong> <code>${token.prefix}…</code>
      <span class="token__time"
        >${token.last_used_at ? `last used ${moment(token.last_used_at)}` : "never used"}</span
      ></span
    >
    <button type="button" class="button button--small" aria-label="Revoke ${token.name || "token"}" onClick=${onRevoke}>
      Revoke
    </button>
  </li>`;
}
