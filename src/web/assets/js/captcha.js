// 驗證碼: changes the picture without losing what was typed, and plays the digits on the page. Without this the
// button loads the page anew, and the sound opens in another tab.

import { say } from "./say.js";

// The digits are good for five minutes; a picture that nobody has answered is changed before that.
const FRESH_MS = 4.5 * 60 * 1000;

export default function captcha(root) {
  for (const field of root.querySelectorAll("[data-captcha]")) start(field);
}

function start(field) {
  const id = field.querySelector("[name='captcha_id']");
  const line = field.querySelector("[name='captcha']");
  const picture = field.querySelector("img");
  const sound = field.querySelector("[data-captcha-sound]");
  let audio = null;
  let timer = 0;

  const change = () => {
    id.value = newId();
    picture.src = `/captcha/${id.value}.png`;
    sound.href = `/captcha/${id.value}.wav`;
    audio?.pause();
    audio = null;
    line.value = "";
    clearTimeout(timer);
    timer = setTimeout(renew, FRESH_MS);
  };
  const renew = () => {
    change();
    say("驗證碼已更換，請輸入新的數字。");
  };

  for (const button of field.querySelectorAll("[data-captcha-again]")) {
    button.addEventListener("click", (event) => {
      event.preventDefault();
      renew();
      line.focus();
    });
  }
  sound.addEventListener("click", (event) => {
    event.preventDefault();
    audio ??= new Audio(sound.href);
    audio.currentTime = 0;
    audio.play().catch(() => say("無法播放語音，請更換驗證碼後再試一次。"));
  });
  timer = setTimeout(renew, FRESH_MS);
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
