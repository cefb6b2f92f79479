// Files that are dropped or pasted anywhere on the page.

const hasFiles = (event) => event.dataTransfer?.types.includes("Files");

// Call `take(files, folders)` with what is dropped; meanwhile the page's body has the class `dropping`.
// What is pasted comes the same way: files, or a picture that was copied.
export function onDrop(take) {
  let depth = 0; // Each element on the way says that it was entered or left.
  const mark = (change) => (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = Math.max(0, depth + change);
    document.body.classList.toggle("dropping", depth > 0);
  };
  addEventListener("dragenter", mark(1));
  addEventListener("dragleave", mark(-1));
  addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth = 0;
    document.body.classList.remove("dropping");
    const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
    const isFolder = (item) => item.webkitGetAsEntry?.()?.isDirectory ?? false;
    const folders = items.filter(isFolder).length;
    take(items.filter((item) => !isFolder(item)).map((item) => item.getAsFile()), folders);
  });
  addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return; // Words, which are for a field.
    event.preventDefault();
    take(files, 0);
  });
}
