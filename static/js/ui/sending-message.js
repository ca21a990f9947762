// A message that the server has not acknowledged yet: it looks like what it will become, and says that it waits.
import { html } from "../lib/preact.js";
import { useStore } from "../state/store.js";
import { Pictures } from "./message.js";

export function SendingMessage({ entry, session }) {
  const { connection } = useStore(session.status);
  const waits = connection !== "live" && !entry.run_id;
  return html`<article class="run run--sending" aria-label="Message that is being sent">
    <section class="message message--user" aria-label="You">
      <div class="said">
        <${Pictures} images=${entry.images} />
        ${entry.text && html`<p class="said__text" dir="auto">${entry.text}</p>`}
      </div>
    </section>
    ${
      waits &&
      html`<p class="queued">
        <span>Not sent yet. It goes out when the connection is back.</span>
        <button type="button" class="button button--small" onClick=${() => session.withdraw(entry.key)}>Discard</button>
      </p>`
    }
  </article>`;
}
