/** Says a sentence to screen readers without moving the focus. */
export function say(words) {
  const live = document.getElementById("live");
  if (live) live.textContent = words;
}
