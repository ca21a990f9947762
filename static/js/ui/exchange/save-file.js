// Hands a file to the browser, which asks where it goes or puts it where files go.
const KEPT = 60_000; // ms until the browser has surely taken it

export function saveFile(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT);
}
