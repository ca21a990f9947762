// What shows more of a run: its timeline, and another run beside it. And how to come back to it.
import { copyText } from "../../clipboard.js";

/** @see ../menu.js */
export const lookActions = ({ run, workspace }) => [
  { label: "Timeline", icon: "chart", onSelect: () => workspace.dialog("timeline", run) },
  { label: "Compare with …", icon: "compare", onSelect: () => workspace.dialog("compare", run) },
  { label: "Copy the link", icon: "link", onSelect: () => copyLink(run, workspace) },
];

/** Where a run is found, also from another browser: in its branch, whichever is shown then. */
export const addressOf = (run) => `/threads/${run.thread_id}/?run=${run.id}`;

async function copyLink(run, workspace) {
  const copied = await copyText(new URL(addressOf(run), location.origin).href);
  workspace.toast(copied ? "The link was copied." : "The browser refused to copy.");
}
