// A document that an agent wrote: its Markdown on a sheet, to read, to copy, to take away.
import { html, useLayoutEffect, useRef, useState } from "../../lib/preact.js";
import { MarkdownView } from "../../render/markdown-view.js";
import { copyText } from "../clipboard.js";
import { IconButton } from "../icons.js";
import { useMasks } from "../masks.js";
import { useSourceIds } from "../sources.js";
import { Exhibit } from "./exhibit.js";

const SHORT = 520; // px of height that are shown at first

/** `{title, markdown}`, or `null` where the arguments are no document. */
export function documentOf(given) {
  const { title = "", markdown } = given ?? {};
  return typeof markdown === "string" ? { title: String(title), markdown } : null;
}

export function Document({ value: { title, markdown }, run, session, workspace }) {
  const sheet = useRef(null);
  const view = useRef(null);
  const [isLong, setIsLong] = useState(false);
  const [open, setOpen] = useState(false);
  const masks = useMasks();
  const sources = useSourceIds(session, run, markdown);
  useLayoutEffect(() => {
    view.current = new MarkdownView(sheet.current);
    view.current.update(markdown, { masks });
    setIsLong(sheet.current.scrollHeight > SHORT);
    return () => {
      view.current.destroy();
      sheet.current?.replaceChildren();
    };
  }, [markdown, masks]);
  useLayoutEffect(() => view.current.know(sources), [sources, markdown, masks]);
  const copy = async () =>
    workspace.toast((await copyText(masks.reveal(markdown))) ? "The document was copied." : "The browser refused to copy.");
  const actions = html`<${IconButton} name="copy" size=${16} label="Copy the document" onClick=${copy} />
    <${IconButton} name="download" size=${16} label="Download as Markdown" onClick=${() => save(fileName(masks.reveal(title)), masks.reveal(markdown))} />`;
  return html`<${Exhibit} title=${title} kind="document" actions=${actions}>
    <div class="sheet ${isLong && !open ? "sheet--cut" : ""}">
      <div class="prose sheet__text" dir="auto" ref=${sheet}></div>
    </div>
    ${
      isLong &&
      html`<button type="button" class="link-button sheet__more" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>
        ${open ? "Show less" : "Show all"}
      </button>`
    }
  <//>`;
}

/** A name that every file system takes. */
export function fileName(title) {
  const words = title.normalize("NFKC").replaceAll(/[^\p{L}\p{N}]+/gu, "-").replaceAll(/^-+|-+$/g, "");
  return `${words.slice(0, 80) || "document"}.md`;
}

function save(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 0);
}
