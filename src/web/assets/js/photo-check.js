// Looks at a photo of a form before it is sent: blurred, glaring, a corner cut off, too dark, too small. Advice
// only; what the server reads decides. Pure functions on a gray picture, so that tests can feed them.

const EDGE = 1600;
const SMALL = 1500;
const DARK = 90;
/** Below this share of the step from paper to ink within one pixel, a photo is blurred. Photos whose codes can be
 * read had 0.33 and more, those whose codes can't 0.22 and less. */
const SHARP = 0.28;
/** Share of the picture in one glaring blob. */
const GLARE = 0.004;
/** Each code has three finder patterns; a single one may be chance. */
const FINDERS = 2;
const CORNERS = ["左上", "右上", "左下", "右下"];

/** The warnings about a file, or null where this browser can't open it (HEIC outside Safari). */
export async function lookAt(file) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return null;
  }
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const [width, height] = [Math.round(picture.width * scale), Math.round(picture.height * scale)];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(picture, 0, 0, width, height);
  const size = Math.max(picture.width, picture.height);
  picture.close();
  return check(luma(context.getImageData(0, 0, width, height)), width, height, size);
}

/** The warnings about a gray picture whose original's long edge is `size` pixels. */
export function check(gray, width, height, size) {
  const dark = threshold(gray, width, height);
  const corners = finders(dark, width, height);
  const paper = percentile(gray, 0.8);
  const figures = { paper, corners, sharp: sharpness(gray, dark, width, height), glare: glare(gray, width, height, paper) };
  const warnings = [];
  const warn = (kind, words) => warnings.push({ kind, words });
  if (size < SMALL) warn("small", "照片太小，細節可能不夠。請靠近一點，或把相機的解析度調高。");
  if (paper < DARK) warn("dark", "太暗。請開燈，或換個亮一點的地方再拍。");
  if (figures.sharp < SHARP) warn("blur", "可能模糊。請拿穩手機，點一下畫面對焦後再拍。");
  if (figures.glare > GLARE) warn("glare", "有反光。請避開燈光直射，換個角度再拍。");
  const missing = CORNERS.filter((_, at) => corners[at] < FINDERS);
  // In a blurred photo no code is clear: that was said already.
  if (figures.sharp < SHARP) return { warnings, figures };
  if (missing.length === 4) warn("nothing", "看不到申請單的條碼。請確認拍的是申請單，整張紙都要入鏡。");
  else if (missing.length > 0) warn("corner", `${missing.join("、")}角的條碼看不清楚，可能被切到或遮住。請讓四個角都入鏡。`);
  return { warnings, figures };
}

function luma({ data, width, height }) {
  const gray = new Uint8ClampedArray(width * height);
  for (let i = 0; i < gray.length; i++) gray[i] = 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2];
  return gray;
}

function percentile(gray, share) {
  const counts = new Uint32Array(256);
  for (const shade of gray) counts[shade]++;
  let left = gray.length * share;
  for (let shade = 0; shade < 256; shade++) {
    left -= counts[shade];
    if (left <= 0) return shade;
  }
  return 255;
}

/** 1 where a pixel is clearly darker than the mean of its surroundings: shadows don't count. */
function threshold(gray, width, height) {
  const sums = integral(gray, width, height);
  const reach = Math.round(Math.max(width, height) / 32);
  const dark = new Uint8Array(gray.length);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = [Math.max(0, y - reach), Math.min(height, y + reach + 1)];
    for (let x = 0; x < width; x++) {
      const [left, right] = [Math.max(0, x - reach), Math.min(width, x + reach + 1)];
      const row = width + 1;
      const sum = sums[bottom * row + right] - sums[top * row + right] - sums[bottom * row + left] + sums[top * row + left];
      const mean = sum / ((bottom - top) * (right - left));
      dark[y * width + x] = gray[y * width + x] < mean * 0.82 ? 1 : 0;
    }
  }
  return dark;
}

function integral(gray, width, height) {
  const sums = new Float64Array((width + 1) * (height + 1));
  for (let y = 0; y < height; y++) {
    let row = 0;
    for (let x = 0; x < width; x++) {
      row += gray[y * width + x];
      sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
    }
  }
  return sums;
}

/** How many finder patterns of QR codes (1:1:3:1:1, across and down) lie in each quarter of the picture. */
function finders(dark, width, height) {
  const found = [];
  for (let y = 1; y < height - 1; y += 2) {
    for (const [x, module] of patterns((at) => dark[y * width + at], width)) {
      const from = Math.max(0, Math.round(y - module * 6));
      const length = Math.min(height, Math.round(y + module * 6)) - from;
      const down = patterns((at) => dark[(from + at) * width + Math.round(x)], length);
      const fits = down.some(([at, size]) => Math.abs(at + from - y) < module * 2 && size > module * 0.6 && size < module * 1.7);
      if (fits && !found.some(([u, v]) => Math.hypot(u - x, v - y) < module * 4)) found.push([x, y, module]);
    }
  }
  const corners = [0, 0, 0, 0];
  for (const [x, y] of found) corners[(y > height / 2 ? 2 : 0) + (x > width / 2 ? 1 : 0)]++;
  return corners;
}

/** Middles of dark-light-dark-light-dark runs in the proportions of a finder pattern, with their module. */
function patterns(at, length) {
  const runs = [];
  const found = [];
  let [shade, begun] = [at(0), 0];
  for (let i = 1; i <= length; i++) {
    const now = i < length ? at(i) : 2;
    if (now === shade) continue;
    runs.push(i - begun);
    // The run that has just ended is dark, and there are five of them to look at.
    if (shade === 1 && runs.length >= 5) {
      const five = runs.slice(-5);
      const module = (five[0] + five[1] + five[2] + five[3] + five[4]) / 7;
      const thin = [five[0], five[1], five[3], five[4]].every((run) => Math.abs(run - module) < module * 0.7);
      if (module >= 1.5 && thin && Math.abs(five[2] - 3 * module) < module * 1.1) {
        found.push([i - five[4] - five[3] - five[2] / 2, module]);
      }
    }
    [shade, begun] = [now, i];
  }
  return found;
}

/** The steepest step at edges of dark print, as a share of the step from paper to ink: the upper quartile. */
function sharpness(gray, dark, width, height) {
  const steps = [];
  for (let y = 4; y < height - 4; y += 3) {
    for (let x = 8; x < width - 8; x++) {
      const at = y * width + x;
      if (dark[at] === dark[at - 1]) continue;
      let [low, high, step] = [255, 0, 0];
      for (let i = at - 6; i < at + 6; i++) {
        low = Math.min(low, gray[i]);
        high = Math.max(high, gray[i]);
        step = Math.max(step, Math.abs(gray[i + 1] - gray[i]));
      }
      // Faint edges are the paper's own.
      if (high - low > 50) steps.push(step / (high - low));
    }
  }
  // Without print nothing can be blurred.
  if (steps.length < 200) return 1;
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length * 0.75)];
}

/** The largest blob that is white and clearly brighter than the paper, as a share of the picture. */
function glare(gray, width, height, paper) {
  const step = 4;
  const [across, down] = [Math.floor(width / step), Math.floor(height / step)];
  const white = new Uint8Array(across * down);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const shade = gray[y * step * width + x * step];
      white[y * across + x] = shade >= 250 && shade > paper + 18 ? 1 : 0;
    }
  }
  let largest = 0;
  const waiting = [];
  for (let start = 0; start < white.length; start++) {
    if (white[start] !== 1) continue;
    let count = 0;
    white[start] = 2;
    waiting.push(start);
    while (waiting.length > 0) {
      const at = waiting.pop();
      count++;
      const x = at % across;
      for (const next of [x > 0 ? at - 1 : -1, x < across - 1 ? at + 1 : -1, at - across, at + across]) {
        if (white[next] === 1) {
          white[next] = 2;
          waiting.push(next);
        }
      }
    }
    largest = Math.max(largest, count);
  }
  return largest / white.length;
}
