// Closes an open menu by Escape, by a click elsewhere, and when the focus leaves it.

export default function menu(root) {
  for (const box of root.querySelectorAll("[data-menu]")) {
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !box.open) return;
      box.open = false;
      box.querySelector("summary").focus();
    });
    box.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !box.contains(event.relatedTarget)) box.open = false;
    });
  }
}

document.addEventListener("click", (event) => {
  for (const box of document.querySelectorAll("[data-menu][open]")) {
    if (!box.contains(event.target)) box.open = false;
  }
});
