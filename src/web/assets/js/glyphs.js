// Tells at once when a typed character can't be printed. The server knows the fonts; it answers with
// the sentence. Saving and printing check it again.

export default function glyphs(root) {
  for (const form of root.querySelectorAll("form[data-glyphs]")) {
    form.addEventListener("change", (event) => check(form.dataset.glyphs, event.target));
  }
}

async function check(address, input) {
  if (!input.matches("input[type='text'], textarea")) return;
  const text = input.value;
  const sentence = isPlain(text) ? "" : await ask(address, text);
  if (input.value === text) show(input, sentence);
}

/** Every font has these: no need to ask. */
function isPlain(text) {
  return /^[\x20-\x7e\s]*$/.test(text);
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
  const id = `${input.name}-glyphs`;
  let place = document.getElementById(id);
  if (!place) {
    if (!sentence) return;
    place = document.createElement("p");
    place.id = id;
    place.className = "field__error";
    place.setAttribute("role", "status");
    input.after(place);
    const described = input.getAttribute("aria-describedby");
    input.setAttribute("aria-describedby", described ? `${described} ${id}` : id);
  }
  place.textContent = sentence;
  place.hidden = !sentence;
}
