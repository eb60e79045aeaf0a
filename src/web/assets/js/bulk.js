// The bar of 列印所選案件: counts what is ticked, and ticks the whole page at once.

import { say } from "./say.js";

export default function bulk(root) {
  for (const form of root.querySelectorAll("form[data-bulk]")) attach(form);
}

function attach(form) {
  const boxes = [...form.elements].filter((control) => control.name === "case");
  const everything = form.elements.all;
  const page = form.querySelector("[data-bulk-page]");
  const whole = page.querySelector("input");
  const count = form.querySelector("[data-bulk-count]");
  const button = form.querySelector("button");
  const idle = count.textContent;
  page.hidden = false;

  function show() {
    const all = everything?.checked;
    const ticked = boxes.filter((box) => box.checked).length;
    for (const box of boxes) box.disabled = Boolean(all);
    whole.disabled = Boolean(all);
    whole.checked = ticked > 0 && ticked === boxes.length;
    whole.indeterminate = ticked > 0 && ticked < boxes.length;
    count.textContent = all ? "已選取全部案件" : ticked > 0 ? `已選取 ${ticked} 件` : idle;
    form.dataset.ticked = all || ticked > 0 ? "yes" : "no";
    button.setAttribute("aria-describedby", count.id);
  }

  count.id ||= "bulk-count";
  whole.addEventListener("change", () => {
    for (const box of boxes) box.checked = whole.checked;
    show();
    say(count.textContent);
  });
  everything?.addEventListener("change", () => {
    show();
    say(count.textContent);
  });
  for (const box of boxes) box.addEventListener("change", show);
  // The back button brings ticks along.
  addEventListener("pageshow", show);
  show();
}
