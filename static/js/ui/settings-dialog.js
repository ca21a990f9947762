// What the person sets for all their conversations: instructions, defaults, theme, API tokens.
import { html, useEffect, useState } from "../lib/preact.js";
import { api } from "../net/api.js";
import { labelOf } from "../state/catalogue.js";
import { theme } from "../state/storage.js";
import { useStore } from "../state/store.js";
import { copyText } from "./clipboard.js";
import { Dialog } from "./dialog.js";
import { moment } from "./format.js";

export function SettingsDialog({ workspace, onClose }) {
  return html`<${Dialog} title="Settings" onClose=${onClose} class="dialog--wide">
    <${ChatSettings} workspace=${workspace} />
    <${Theme} />
    <${Tokens} workspace=${workspace} />
  <//>`;
}

function ChatSettings({ workspace }) {
  const catalogue = useStore(workspace.catalogue);
  const { settings } = catalogue;
  const [draft, setDraft] = useState({});
  const [note, setNote] = useState(null);
  const value = (name) => draft[name] ?? settings[name] ?? "";
  const change =
    (name) =>
    ({ target }) => {
      setDraft({ ...draft, [name]: target.value });
      setNote(null);
    };
  const save = async (event) => {
    event.preventDefault();
    try {
      await api.updateChatSettings(draft);
      await workspace.loadCatalogue();
      setDraft({});
      setNote({ text: "Saved." });
    } catch (error) {
      setNote({ text: error.message, isError: true });
    }
  };
  return html`<form class="settings" aria-labelledby="settings-chat" onSubmit=${save}>
    <h3 id="settings-chat">Conversations</h3>
    <div class="field">
      <label for="settings-prompt">Instructions for every agent</label>
      <textarea
        id="settings-prompt"
        rows="4"
        maxlength="20000"
        placeholder="How you like to be answered, what you work on …"
        value=${value("system_prompt")}
        onInput=${change("system_prompt")}
      ></textarea>
    </div>
    <div class="field-row">
      <${Choice}
        id="settings-agent"
        label="Agent of a new conversation"
        none="The site's choice"
        items=${catalogue.agents}
        value=${value("agent")}
        onChange=${change("agent")}
      />
      <${Choice}
        id="settings-model"
        label="Model, where the agent names none"
        none="The site's choice"
        items=${catalogue.models}
        value=${value("model")}
        onChange=${change("model")}
      />
    </div>
    <div class="settings__save">
      <button type="submit" class="button button--primary" disabled=${Object.keys(draft).length === 0}>Save</button>
      <span role="status" class=${note?.isError ? "settings__note settings__note--error" : "settings__note"}
        >${note?.text}</span
      >
    </div>
  </form>`;
}

function Choice({ id, label, none, items, value, onChange }) {
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select id=${id} value=${value} onChange=${onChange}>
      <option value="">${none}</option>
      ${items.map((item) => html`<option key=${item.slug} value=${item.slug}>${labelOf(item)}</option>`)}
    </select>
  </div>`;
}

function Theme() {
  const [look, setLook] = useState(theme.get());
  const choose = (choice) => {
    theme.set(choice);
    setLook(choice);
  };
  const options = [
    ["system", "As the system"],
    ["light", "Light"],
    ["dark", "Dark"],
  ];
  return html`<fieldset class="settings settings--row">
    <legend>Theme</legend>
    <div class="segments">
      ${options.map(
        ([value, label]) =>
          html`<label class="segment" key=${value}>
            <input type="radio" name="theme" checked=${look === value} onChange=${() => choose(value)} /><span
              >${label}</span
            >
          </label>`,
      )}
    </div>
  </fieldset>`;
}

function Tokens({ workspace }) {
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
  return html`<section class="settings" aria-labelledby="settings-tokens">
    <h3 id="settings-tokens">API tokens</h3>
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
