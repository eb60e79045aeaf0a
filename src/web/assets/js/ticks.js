// One box that ticks all others of the form, and the count in the button.

export default function ticks(root) {
  for (const form of root.querySelectorAll("form[data-ticks]")) attach(form);
}

function attach(form) {
  const boxes = [...form.elements].filter((box) => box.name === "case");
  const button = form.querySelector("button[data-ticks-count]");
  // All of them are through: there is nothing left to tick.
  if (!button) return;
  const all = form.querySelector("[data-ticks-all]");
  const count = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    button.textContent = `送件 ${ticked} 件`;
    button.disabled = ticked === 0;
    const box = all?.querySelector("input");
    if (box) {
      box.checked = ticked === boxes.length;
      box.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  };
  if (all) {
    all.hidden = false;
    all.querySelector("input").addEventListener("change", (event) => {
      for (const box of boxes) box.checked = event.target.checked;
      count();
    });
  }
  for (const box of boxes) box.addEventListener("change", count);
  count();
}
