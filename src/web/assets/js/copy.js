// Shows the copy buttons where the browser lets a page write to the clipboard.

import { say } from "./say.js";

const BACK_AFTER_MS = 2000;

export default function copy(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    const words = [...button.childNodes];
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "已複製";
      say("已複製到剪貼簿。");
      setTimeout(() => button.replaceChildren(...words), BACK_AFTER_MS);
    });
  }
}
