// Narrows a long list of schools by district. Without this the list shows them all, grouped.

export default function narrow(root) {
  for (const box of root.querySelectorAll("[data-narrow]")) start(box);
}

function start(box) {
  const by = box.querySelector("[data-narrow-by]");
  const district = by.querySelector("select");
  const list = [...box.querySelectorAll("select")].find((select) => select !== district);
  const groups = [...list.querySelectorAll("optgroup")];
  by.hidden = false;
  district.value = list.selectedOptions[0]?.parentElement?.label ?? "";

  const show = () => {
    const chosen = list.value;
    for (const group of groups) group.remove();
    list.append(...groups.filter((group) => !district.value || group.label === district.value));
    list.value = chosen;
    if (list.selectedIndex < 0) list.value = "";
  };
  district.addEventListener("change", show);
  show();
}
