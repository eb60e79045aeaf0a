// Counts code points beside long text, as the server does; typing beyond the limit loses nothing.

export default function count(root) {
  for (const place of root.querySelectorAll("[data-count]")) {
    const area = place.closest(".field")?.querySelector("textarea[data-limit]");
    if (!area) continue;
    const tell = () => show(place, [...area.value.replaceAll("\r\n", "\n")].length, Number(area.dataset.limit));
    area.addEventListener("input", tell);
    tell();
  }
}

function show(place, used, limit) {
  place.toggleAttribute("data-over", used > limit);
  place.textContent = used > limit ? `已 ${used} 字，超過 ${used - limit} 字` : `${used}／${limit} 字`;
}
