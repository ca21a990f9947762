// How a found run is quoted: what was found is marked, and of an anonymous one no token is shown as such.
import { html, useEffect } from "../../lib/preact.js";
import { snippetPieces } from "../../state/snippet.js";
import { useStore } from "../../state/store.js";

const NONE = Object.freeze({});

/** `thread`: `{id, anonymous}`; `snippet`: `{text, marks}`. */
export function Snippet({ workspace, thread, snippet }) {
  const asModel = useStore(workspace.asModel);
  const known = useStore(workspace.books.store, (books) => books[thread.id] ?? NONE);
  useEffect(() => {
    if (thread.anonymous) workspace.books.want(thread.id, snippet.text);
  }, [thread.id, snippet.text]);
  const masks = thread.anonymous ? (asModel ? NONE : known) : null;
  return snippetPieces(snippet, masks).map(({ text, marked }, index) =>
    marked ? html`<mark key=${index}>${text}</mark>` : text,
  );
}
