// Says what a skill is, where there is none yet.
import { html } from "../../lib/preact.js";

export function WhatIsASkill({ children }) {
  return html`<div class="empty">
    <p>
      <strong>A skill is knowledge that an agent takes up when it needs it.</strong> You say in one sentence when it is
      useful, how to go about it, and add the papers to look things up in: PDFs, documents, web pages. Agents see that
      sentence and do the rest, or you pick the skill yourself with / while you write.
    </p>
    ${children}
  </div>`;
}
