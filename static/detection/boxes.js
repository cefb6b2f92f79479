// Boxes over the picture of a result, from the rows of its table: which are shown follows the least
// score and the classes that are ticked. Without this script the server's own drawing is shown.

import { says } from "../says.js";
import { paint } from "./painting.js";

const SVG = "http://www.w3.org/2000/svg";
// In pixels of the screen, however large the picture is.
const FONT = 14;
const LINE = 3;

const result = () => document.querySelector("#result");
const slider = () => document.querySelector("#threshold");

function make(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

// Return what the rows of the table say, of those that are to be seen; the surest first.
function shown() {
  const hidden = new Set([...result().querySelectorAll("fieldset input:not(:checked)")].map((box) => box.value));
  const least = Number(slider().value);
  return [...result().querySelectorAll("tr[data-box]")].filter((row) => {
    row.hidden = Number(row.dataset.score) < least || hidden.has(row.dataset.kind);
    return !row.hidden;
  }).map(({ dataset }) => {
    const [x, y, width, height] = dataset.box.split(" ").map(Number);
    const words = `${dataset.label} ${Number(dataset.score).toFixed(2)}`;
    return { x, y, width, height, words, colour: dataset.colour };
  });
}

// Draw into the svg over the picture; `scale` is of its pixels to those of the screen.
function draw(svg, objects, scale) {
  svg.replaceChildren();
  const [font, line] = [FONT * scale, LINE * scale];
  for (const { x, y, width, height, words, colour } of objects.toReversed()) {
    const frame = { x, y, width, height, fill: "none" };
    svg.append(make("rect", { ...frame, class: "edge", "stroke-width": line * 1.9 }));
    svg.append(make("rect", { ...frame, class: `kind-${colour}`, "stroke-width": line }));
    const text = make("text", { "font-size": font, x: x + font * 0.3, y: 0 });
    text.textContent = words;
    svg.append(text);
    // Above the box, or in it where there is no room.
    const high = font * 1.4;
    const top = Math.max(0, y - high);
    const wide = text.getComputedTextLength() + font * 0.6;
    const left = Math.max(0, Math.min(x, svg.viewBox.baseVal.width - wide));
    text.setAttribute("y", top + font * 1.05);
    text.setAttribute("x", left + font * 0.3);
    text.before(make("rect", { x: left, y: top, width: wide, height: high, class: `plate kind-${colour}` }));
  }
}

function withThreshold(link) {
  const url = new URL(link.href);
  url.searchParams.set("threshold", slider().value);
  link.href = url.href;
}

// Show what is chosen now; `isSaid` where somebody has just changed it.
function update(isSaid) {
  if (!slider()) return;
  const objects = shown();
  const svg = result().querySelector("figure svg");
  if (svg?.clientWidth) draw(svg, objects, svg.viewBox.baseVal.width / svg.clientWidth);
  result().querySelector("output").textContent = Number(slider().value).toFixed(2);
  for (const link of document.querySelectorAll("#json, [data-keeps-threshold]")) withThreshold(link);
  if (isSaid) document.querySelector("#shown").textContent = says("shown", { num: objects.length });
}

async function save(event) {
  const link = event.target.closest("#png");
  const img = result().querySelector("figure img");
  if (!link || !img) return;
  event.preventDefault();
  let blob;
  try {
    await img.decode();
    blob = await paint(img, shown());
  } catch {
    location.assign(link.href); // Too large for this browser: the server's own drawing.
    return;
  }
  const made = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: link.download });
  made.click();
  setTimeout(() => URL.revokeObjectURL(made.href), 60_000);
}

document.addEventListener("input", (event) => {
  if (event.target.closest("#result")) update(true);
});
document.addEventListener("click", save);

// The server's part of the page is replaced when the job has ended, and its width follows the window.
let seen = null;
const sizes = new ResizeObserver(() => update(false));

function watch() {
  if (seen === result()) return;
  seen = result();
  sizes.disconnect();
  sizes.observe(seen);
}

new MutationObserver(watch).observe(document.querySelector("main"), { childList: true });
watch();
