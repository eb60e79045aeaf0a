// Tells at once when a typed character can't be printed. The server knows the fonts; it answers with
// the sentence. Every form that holds such a character says it too, without this script.

import { typedEarly } from "./early.js";
import { say } from "./say.js";

const QUIET_MS = 500;

export default function glyphs(root) {
  for (const form of root.querySelectorAll("form[data-glyphs]")) {
    const timers = new Map();
    const look = (input, wait) => {
      clearTimeout(timers.get(input));
      timers.set(input, setTimeout(() => check(form.dataset.glyphs, input), wait));
    };
    form.addEventListener("input", (event) => event.isComposing || look(event.target, QUIET_MS));
    form.addEventListener("change", (event) => look(event.target, 0));
    for (const input of typedEarly(form)) look(input, 0);
  }
}

async function check(address, input) {
  if (!input.matches("input[type='text'], textarea")) return;
  const text = input.value;
  // Every font has plain letters. Of the others only which they are is asked, not what they say.
  const letters = [...new Set(text)].filter((letter) => !/[\x20-\x7e\s]/.test(letter)).join("");
  const sentence = letters ? await ask(address, letters) : "";
  if (input.value === text) show(input, sentence);
}

async function ask(address, text) {
  try {
    const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ text }), redirect: "error" });
    return answer.status === 200 ? (await answer.text()).trim() : "";
  } catch {
    return "";
  }
}

function show(input, sentence) {
  const place = placeOf(input) ?? (sentence ? newPlace(input) : null);
  if (!place || place.textContent.trim() === sentence) return;
  place.textContent = sentence;
  place.hidden = !sentence;
  if (sentence) say(sentence);
}

/** Where the sentence stands: the server's own place for it, when it has one. */
function placeOf(input) {
  const said = document.getElementById(`${input.name}-warning`);
  return said && !said.querySelector("input") ? said : document.getElementById(`${input.name}-glyphs`);
}

function newPlace(input) {
  const place = document.createElement("div");
  place.id = `${input.name}-glyphs`;
  place.className = "field__warning";
  input.after(place);
  const described = input.getAttribute("aria-describedby");
  input.setAttribute("aria-describedby", described ? `${described} ${place.id}` : place.id);
  return place;
}
