// The middle of the page: an open conversation, or the beginning of a new one. The message field is the same in both: what is
// being typed while a conversation is made stays where it is.
import { html } from "../lib/preact.js";
import { nothing, useStore } from "../state/store.js";
import { Composer } from "./composer.js";
import { ConversationHead, Unavailable } from "./conversation.js";
import { WithMasks } from "./masks.js";
import { Transcript } from "./transcript.js";
import { Welcome, WelcomeHead } from "./welcome.js";

export function Main({ workspace, session }) {
  const phase = useStore(session?.status ?? nothing, (status) => status?.phase);
  const isThere = phase !== "missing" && phase !== "failed";
  const of = session?.threadId ?? "new";
  return html`<${WithMasks} workspace=${workspace} session=${session}>
    <main class="conversation ${session ? "" : "conversation--new"}">
      ${
        session
          ? html`<${ConversationHead} key="head-${of}" workspace=${workspace} session=${session} />`
          : html`<${WelcomeHead} key="head-${of}" workspace=${workspace} />`
      }
      ${!session && html`<${Welcome} key="body-${of}" workspace=${workspace} />`}
      ${session && isThere && html`<${Transcript} key="body-${of}" workspace=${workspace} session=${session} />`}
      ${session && !isThere && html`<${Unavailable} key="body-${of}" workspace=${workspace} session=${session} />`}
      ${isThere && html`<${Composer} key="composer" workspace=${workspace} session=${session} />`}
    </main>
  <//>`;
}
