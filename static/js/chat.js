// The page's entry: reads what the server said, builds the workspace, draws it.
import { html, render } from "./lib/preact.js";
import { Workspace, threadIdOf } from "./state/workspace.js";
import { App } from "./ui/app.js";

const { user, thread_id: threadId, limits, privacy, sharing } = JSON.parse(document.getElementById("bootstrap").textContent);
const workspace = new Workspace({ user, limits, privacy, sharing });

render(html`<${App} workspace=${workspace} />`, document.getElementById("app"));
workspace.start(threadId ?? threadIdOf(location.pathname));
