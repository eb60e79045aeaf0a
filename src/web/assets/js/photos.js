// Photos of a form, page by page: each is looked at before anything is sent, and can be taken again, moved
// or left out. The same form works without: several photos chosen at once.

import { lookAt } from "./photo-check.js";
import { say } from "./say.js";
import { megabytes, refuse, send } from "./send.js";

/** What was sent last. When it is refused, all photos are still there, and the bad one alone is taken again. */
let sent = [];

export default function photos(root) {
  for (const form of root.querySelectorAll("form[data-photos]")) new Album(form, sent);
}

class Album {
  constructor(form, shots) {
    this.form = form;
    this.pages = Number(form.dataset.pages);
    this.shots = shots;
    this.retake = null;
    this.list = form.querySelector("[data-photos-list]");
    form.querySelector("[data-photos-plain]").hidden = true;
    form.querySelector("[data-photos-take]").hidden = false;
    this.camera = form.querySelector("[data-photos-camera]");
    for (const input of [this.camera, form.querySelector("[data-photos-album]")]) {
      input.addEventListener("change", () => {
        const files = [...input.files];
        input.value = "";
        this.add(files);
      });
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (!form.dataset.sent) this.send();
    });
    this.show();
  }

  async add(files) {
    for (const file of files) {
      const shot = { file, url: URL.createObjectURL(file), warnings: null };
      if (this.retake === null) this.shots.push(shot);
      else this.shots.splice(this.retake, 1, shot);
      const page = this.shots.indexOf(shot) + 1;
      this.retake = null;
      this.show();
      const seen = await lookAt(file);
      shot.warnings = seen ? seen.warnings : [{ kind: "unseen", words: "這支手機無法先檢查這張照片，送出後再由系統辨識。" }];
      this.show();
      const words = shot.warnings.map((warning) => warning.words).join("");
      say(`第 ${page} 頁：${words || "清楚"}`);
    }
  }

  show() {
    const cards = this.shots.map((shot, at) => this.card(shot, at));
    this.list.replaceChildren(...cards);
    const count = this.shots.length;
    const next = this.form.querySelector("[data-photos-next]");
    this.form.querySelector("[data-photos-next-words]").textContent = count < this.pages ? `拍第 ${count + 1} 頁` : "再拍一頁";
    // One button leads on: first to the camera, then to sending.
    next.classList.toggle("button--primary", count < this.pages);
    this.form.querySelector("[data-photos-send]").hidden = count === 0;
    const button = this.form.querySelector("[data-photos-count]");
    button.textContent = `送出 ${count} 頁`;
    button.classList.toggle("button--primary", count >= this.pages);
    this.form.querySelector("[data-photos-note]").textContent = this.note();
  }

  note() {
    this.told ??= this.form.querySelector("[data-photos-note]").textContent;
    const count = this.shots.length;
    const doubtful = this.shots.filter((shot) => shot.warnings?.some((warning) => warning.kind !== "unseen")).length;
    if (count !== this.pages) return `申請單共 ${this.pages} 頁，目前有 ${count} 頁。${this.told}`;
    return doubtful > 0 ? `有 ${doubtful} 張可能不清楚，仍可送出。${this.told}` : this.told;
  }

  card(shot, at) {
    const card = document.createElement("li");
    card.className = "photo";
    const picture = document.createElement("img");
    picture.alt = `第 ${at + 1} 頁的照片`;
    [picture.width, picture.height] = [96, 128];
    picture.src = shot.url;
    picture.addEventListener("error", () => {
      const name = document.createElement("p");
      name.className = "photo__name";
      name.textContent = shot.file.name;
      picture.replaceWith(name);
    });
    const words = document.createElement("div");
    words.className = "photo__words";
    const title = document.createElement("h3");
    title.textContent = `第 ${at + 1} 頁`;
    words.append(title, ...this.verdicts(shot), this.buttons(at));
    card.append(picture, words);
    return card;
  }

  verdicts(shot) {
    const line = (tone, text) => {
      const p = document.createElement("p");
      p.className = `verdict verdict--${tone}`;
      p.textContent = text;
      return p;
    };
    if (!shot.warnings) return [line("plain", "檢查中…")];
    if (shot.warnings.length === 0) return [line("good", "清楚")];
    return shot.warnings.map((warning) => line(warning.kind === "unseen" ? "plain" : "attention", warning.words));
  }

  buttons(at) {
    const bar = document.createElement("div");
    bar.className = "photo__buttons";
    const button = (words, press) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button button--small";
      button.textContent = words;
      button.setAttribute("aria-label", `第 ${at + 1} 頁：${words}`);
      button.addEventListener("click", press);
      bar.append(button);
    };
    button("重拍", () => {
      this.retake = at;
      this.camera.click();
    });
    button("刪除", () => {
      URL.revokeObjectURL(this.shots[at].url);
      this.shots.splice(at, 1);
      this.show();
      say(`已刪除第 ${at + 1} 頁`);
    });
    if (at > 0) button("上移", () => this.swap(at, at - 1));
    if (at < this.shots.length - 1) button("下移", () => this.swap(at, at + 1));
    return bar;
  }

  swap(at, to) {
    [this.shots[at], this.shots[to]] = [this.shots[to], this.shots[at]];
    this.show();
    say(`已移到第 ${to + 1} 頁`);
  }

  send() {
    const total = this.shots.reduce((sum, shot) => sum + shot.file.size, 0);
    if (this.shots.length === 0) return refuse(["還沒有照片", "請先拍下或選取申請單的每一頁，再按送出。"]);
    if (total > Number(this.form.dataset.maxBytes)) {
      const words = `照片合計 ${megabytes(total)}，上限是 ${this.form.dataset.maxWords}。請把相機的解析度調低後重拍。`;
      return refuse(["照片太大", words]);
    }
    sent = this.shots;
    const body = new FormData();
    for (const shot of this.shots) body.append("photo", shot.file, shot.file.name);
    // Where the last refusal asked for it, it stands beside the form.
    const code = this.form.elements.namedItem("short_code");
    if (code) body.append("short_code", code.value);
    send(this.form, `${this.shots.length} 頁照片`, body);
  }
}
