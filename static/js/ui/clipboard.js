// Copying text, also where the clipboard API is missing (a page on plain http that is not localhost).

/** Whether the text reached the clipboard. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text) {
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

/** Lets every button marked `data-copy-code` below `root` copy the code of its frame. Returns how to undo that. */
export function listenForCopies(root) {
  const onClick = async ({ target }) => {
    const button = target.closest?.("[data-copy-code]");
    if (!button) return;
    const copied = await copyText(button.closest(".code-block").querySelector("code").textContent);
    button.textContent = copied ? "Copied" : "Not copied";
    setTimeout(() => {
      button.textContent = "Copy";
    }, 1600);
  };
  root.addEventListener("click", onClick);
  return () => root.removeEventListener("click", onClick);
}
