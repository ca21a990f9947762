// Which dialog is open, and the small ones.
import { Fragment, html, useState } from "../lib/preact.js";
import { settingOf } from "../state/catalogue.js";
import { sendKey } from "../state/storage.js";
import { useStore } from "../state/store.js";
import { InspectorDialog } from "./agents/inspector-dialog.js";
import { BranchMapDialog } from "./branch-map-dialog.js";
import { CommandsDialog } from "./commands-dialog.js";
import { Dialog } from "./dialog.js";
import { ExportDialog } from "./exchange/export-dialog.js";
import { ImportDialog } from "./exchange/import-dialog.js";
import { useTitle } from "./masks.js";
import { ContextDialog } from "./context/context-dialog.js";
import { ModelCallsDialog } from "./context/model-calls-dialog.js";
import { SummarizeDialog } from "./context/summarize-dialog.js";
import { AskDialog } from "./inquiry/ask-dialog.js";
import { CancelOperationDialog } from "./operations/cancel-operation-dialog.js";
import { DeleteRunsDialog } from "./organize/delete-runs-dialog.js";
import { DeleteThreadsDialog } from "./organize/delete-threads-dialog.js";
import { DeleteFolderDialog, FolderDialog, MoveDialog } from "./organize/folder-dialogs.js";
import { GroupDialog, RenameGroupDialog } from "./organize/group-dialogs.js";
import { ImportanceDialog } from "./organize/importance-dialog.js";
import { ManageTagsDialog } from "./organize/manage-tags-dialog.js";
import { RunTitleDialog } from "./organize/run-title-dialog.js";
import { TagsDialog } from "./organize/tags-dialog.js";
import { Palette } from "./palette/palette.js";
import { PickerDialog } from "./picker-dialog.js";
import { RemoveDialog } from "./remove-dialog.js";
import { RerunDialog } from "./rerun-dialog.js";
import { CompareDialog } from "./run/compare-dialog.js";
import { FeedbackDialog } from "./run/feedback.js";
import { TimelineDialog } from "./run/timeline-dialog.js";
import { SchedulesDialog } from "./schedules/schedules-dialog.js";
import { SettingsDialog } from "./settings-dialog.js";
import { ShareDialog } from "./sharing/share-dialog.js";
import { SHORTCUTS, sendingShortcuts } from "./shortcuts.js";
import { SkillPickerDialog } from "./skills/skill-picker-dialog.js";
import { SkillsDialog } from "./skills/skills-dialog.js";
import { SaveTemplateDialog } from "./templates/save-template-dialog.js";
import { StartTemplateDialog } from "./templates/start-template-dialog.js";
import { TemplatesDialog } from "./templates/templates-dialog.js";

const DIALOGS = {
  agent: InspectorDialog,
  "ask-about-runs": AskDialog,
  branches: BranchMapDialog,
  "cancel-operation": CancelOperationDialog,
  commands: CommandsDialog,
  compare: CompareDialog,
  context: ContextDialog,
  delete: DeleteDialog,
  "delete-folder": DeleteFolderDialog,
  "delete-runs": DeleteRunsDialog,
  "delete-threads": DeleteThreadsDialog,
  export: ExportDialog,
  feedback: FeedbackDialog,
  folder: FolderDialog,
  group: GroupDialog,
  help: HelpDialog,
  import: ImportDialog,
  importance: ImportanceDialog,
  "manage-tags": ManageTagsDialog,
  "model-calls": ModelCallsDialog,
  move: MoveDialog,
  palette: Palette,
  picker: PickerDialog,
  remove: RemoveDialog,
  rename: RenameDialog,
  "rename-group": RenameGroupDialog,
  rerun: RerunDialog,
  "run-title": RunTitleDialog,
  "save-template": SaveTemplateDialog,
  schedules: SchedulesDialog,
  settings: SettingsDialog,
  share: ShareDialog,
  "skill-picker": SkillPickerDialog,
  skills: SkillsDialog,
  "start-template": StartTemplateDialog,
  summarize: SummarizeDialog,
  tags: TagsDialog,
  templates: TemplatesDialog,
  timeline: TimelineDialog,
};

export function Dialogs({ workspace, dialog }) {
  const Current = DIALOGS[dialog?.name];
  if (!Current) return null;
  return html`<${Current}
    key=${dialog.name}
    workspace=${workspace}
    detail=${dialog.detail}
    onClose=${() => workspace.dialog(null)}
  />`;
}

function HelpDialog({ workspace, onClose }) {
  const key = settingOf(useStore(workspace.catalogue), "send_key", sendKey.get());
  return html`<${Dialog} title="Keyboard shortcuts" onClose=${onClose}>
    <dl class="shortcuts">
      ${[...sendingShortcuts(key), ...SHORTCUTS].map(
        ({ keys, does }) =>
          html`<${Fragment} key=${does}>
            <dt>${keys.map((key) => html`<kbd>${key}</kbd>`)}</dt>
            <dd>${does}</dd>
          <//>`,
      )}
    </dl>
  <//>`;
}

function DeleteDialog({ workspace, detail: thread, onClose }) {
  const title = useTitle(workspace, thread);
  const confirm = () => {
    onClose();
    workspace.deleteThread(thread.id);
  };
  return html`<${Dialog} title="Delete this conversation?" onClose=${onClose} class="dialog--small">
    <p>
      “${title}” and everything in it will be gone for good. What is running in it is stopped first.
    </p>
    <div class="dialog__actions">
      <button type="button" class="button" autofocus onClick=${onClose}>Keep it</button>
      <button type="button" class="button button--danger" onClick=${confirm}>Delete</button>
    </div>
  <//>`;
}

function RenameDialog({ workspace, detail: thread, onClose }) {
  const shown = useTitle(workspace, thread);
  const before = thread.title ? shown : "";
  const [typed, setTitle] = useState(null);
  const title = typed ?? before;
  const save = (event) => {
    event.preventDefault();
    onClose();
    if (title.trim() && title.trim() !== before) workspace.changeThread(thread.id, { title: title.trim() });
  };
  return html`<${Dialog} title="Rename" onClose=${onClose} class="dialog--small">
    <form onSubmit=${save}>
      <div class="field">
        <label for="rename-title">Name of the conversation</label>
        <input
          id="rename-title"
          value=${title}
          placeholder=${shown}
          maxlength="200"
          autofocus
          onInput=${({ target }) => setTitle(target.value)}
        />
      </div>
      <div class="dialog__actions">
        <button type="button" class="button" onClick=${onClose}>Cancel</button>
        <button type="submit" class="button button--primary">Save</button>
      </div>
    </form>
  <//>`;
}
