// 派案 of several cases: counts what is ticked, and says of each professional how many of the ticked cases ask
// for the profession.

import { say } from "./say.js";

export default function dispatch(root) {
  for (const form of root.querySelectorAll("form[data-dispatch]")) attach(form);
}

function attach(form) {
  const cases = [...form.elements].filter((box) => box.name === "case");
  const people = [...form.elements].filter((box) => box.name === "person");
  const button = form.querySelector("[data-dispatch-button]");
  const note = form.querySelector("[data-dispatch-note]");
  const all = form.querySelector("[data-dispatch-all]");
  const words = note.textContent;
  const fits = new Map(people.map((box) => [box, fitOf(box)]));

  const count = () => {
    const ticked = cases.filter((box) => box.checked);
    const chosen = people.filter((box) => box.checked).length;
    button.textContent = ticked.length > 0 ? `派案 ${ticked.length} 件` : "派案";
    note.textContent = ticked.length > 0 || chosen > 0
      ? `已選 ${ticked.length} 件案件、${chosen} 位人員`
      : words;
    for (const [box, fit] of fits) tellFit(box, fit, ticked);
    if (all) {
      const box = all.querySelector("input");
      box.checked = ticked.length === cases.length;
      box.indeterminate = ticked.length > 0 && ticked.length < cases.length;
    }
  };
  if (all) {
    all.hidden = false;
    all.querySelector("input").addEventListener("change", (event) => {
      for (const box of cases) box.checked = event.target.checked;
      count();
      say(note.textContent);
    });
  }
  for (const box of [...cases, ...people]) box.addEventListener("change", count);
  count();
}

function fitOf(box) {
  const line = box.closest("label").querySelector("[data-fit]");
  return { line, words: line.textContent, good: line.classList.contains("person__fit--good") };
}

function tellFit(box, fit, ticked) {
  const profession = box.dataset.profession;
  if (ticked.length === 0 || profession === "") {
    fit.line.textContent = fit.words;
    fit.line.classList.toggle("person__fit--good", fit.good);
    return;
  }
  const asking = ticked.filter((one) => one.dataset.needs.split(" ").includes(profession)).length;
  const whole = asking === ticked.length;
  fit.line.textContent = whole ? "符合所選案件的需求" : asking > 0
    ? `符合所選 ${ticked.length} 件中的 ${asking} 件`
    : "不符合所選案件的需求";
  fit.line.classList.toggle("person__fit--good", asking > 0);
}
