// Asks before leaving while something typed is kept nowhere yet.

import { typedEarly } from "./early.js";

export default function leave(root) {
  for (const form of root.querySelectorAll("form[data-leave]")) watch(form);
}

function watch(form) {
  let changed = typedEarly(form).length > 0;
  let free = false;
  form.addEventListener("input", () => (changed = true));
  form.addEventListener("submit", () => (free = true));
  for (const way of document.querySelectorAll("[data-leave-freely]")) {
    way.addEventListener("click", () => (free = true));
  }
  addEventListener("pageshow", () => (free = false));
  addEventListener("beforeunload", (event) => {
    if (changed && !free && form.dataset.kept !== "yes") event.preventDefault();
  });
}
