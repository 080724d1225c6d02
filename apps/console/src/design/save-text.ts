/** Saves a text as a file of the reader's machine. */
export function saveText(fileName: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = fileName;
  link.click();
  // Revoked in a later turn: some browsers read the blob only after the click was handled.
  window.setTimeout(() => URL.revokeObjectURL(url), 1000);
}
