// The entry of the page that shows what somebody shared: reads what the server said, and draws it. It asks for nothing more.
import { html, render } from "./lib/preact.js";
import { SharedPage } from "./ui/sharing/shared-page.js";

const given = JSON.parse(document.getElementById("bootstrap").textContent);

render(html`<${SharedPage} ...${given} />`, document.getElementById("app"));
