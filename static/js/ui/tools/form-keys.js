// How a form of a question is worked by keyboard.

/** Ctrl+Enter sends from a field of several lines, too. */
export function submitByKey(event) {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  event.currentTarget.requestSubmit();
}

/** Moves to the first field with an error, once the errors have been drawn. */
export function focusFirstInvalid(form) {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => form?.querySelector("[aria-invalid=true], .choices--invalid input")?.focus()),
  );
}
