// With Shift, all boxes between two clicks are ticked, or are not.

let last = null;

document.addEventListener("click", (event) => {
  const box = event.target.closest("#said li input[type=checkbox]");
  if (!box) return;
  const all = [...document.querySelectorAll("#said li input[type=checkbox]")];
  if (event.shiftKey && last?.isConnected) {
    const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
    for (const between of all.slice(from, to + 1)) between.checked = box.checked;
  }
  last = box;
});
