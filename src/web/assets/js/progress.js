// The bar and the stages of an upload, in words.

import { say } from "./say.js";

const SPOKEN_PERCENT = 25;

/** The progress of one form's upload. */
export class Progress {
  constructor(form) {
    this.box = form.querySelector("[data-progress]");
    this.bar = this.box.querySelector("[data-bar]");
    this.words = this.box.querySelector("[data-progress-words]");
    this.stages = form.dataset.stages.split(",");
    this.spoken = 0;
    const list = this.box.querySelector("[data-stage-list]");
    this.items = this.stages.map((stage) => {
      const item = document.createElement("li");
      item.textContent = stage;
      return item;
    });
    list.replaceChildren(...this.items);
  }

  /** The file is on its way. */
  begin(name) {
    this.box.hidden = false;
    this.bar.hidden = false;
    this.bar.value = 0;
    this.at(1);
    this.tell(`正在上傳 ${name}`);
    say(`正在上傳 ${name}`);
  }

  /** So many bytes of so many have gone out. */
  sent(loaded, total) {
    const percent = Math.floor((loaded / total) * 100);
    this.bar.value = percent;
    this.tell(`上傳 ${percent}%（${mega(loaded)}／${mega(total)} MB）`);
    if (percent >= this.spoken + SPOKEN_PERCENT) {
      this.spoken = percent - (percent % SPOKEN_PERCENT);
      say(`已上傳 ${this.spoken}%`);
    }
  }

  /** Everything has gone out; the server is looking at it. */
  waiting() {
    const between = this.stages.slice(1, -1);
    this.bar.removeAttribute("value");
    this.at(2);
    this.tell(`上傳 100%，正在${between.join("、")}…`);
    say(`上傳完成，正在${between.join("、")}。`);
  }

  /** It ended at this stage, from 1. */
  stoppedAt(stage) {
    this.box.hidden = false;
    this.bar.hidden = true;
    this.at(stage, "stopped");
    this.tell("");
  }

  at(stage, state = "now") {
    this.items.forEach((item, index) => {
      const past = index + 1 < stage;
      item.dataset.at = past ? "done" : index + 1 === stage ? state : "ahead";
    });
  }

  tell(words) {
    this.words.textContent = words;
  }
}

function mega(bytes) {
  return (bytes / 1048576).toFixed(1);
}
