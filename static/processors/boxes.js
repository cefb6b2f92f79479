// Tick all records on the page at once.

const all = document.querySelector("#tick-all");
const boxes = [...document.querySelectorAll('#change input[name="ids"]')];

function count() {
  const ticked = boxes.filter((box) => box.checked).length;
  all.checked = ticked === boxes.length;
  all.indeterminate = ticked > 0 && ticked < boxes.length;
}

all?.addEventListener("change", () => {
  for (const box of boxes) box.checked = all.checked;
});
for (const box of boxes) box.addEventListener("change", count);
if (all) count();
