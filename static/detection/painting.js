// A picture with boxes in it, as a file: what the page shows, in the picture's own pixels.

const style = (name) => getComputedStyle(document.querySelector(`#result .swatch.kind-${name}`)).backgroundColor;
const INK = "#10151b";

export function paint(img, objects) {
  const canvas = document.createElement("canvas");
  canvas.width = img.naturalWidth;
  canvas.height = img.naturalHeight;
  const pen = canvas.getContext("2d");
  pen.drawImage(img, 0, 0);
  // Boxes are told in pixels of what was sent, which may have been larger.
  const scale = img.naturalWidth / Number(img.getAttribute("width"));
  const side = Math.max(canvas.width, canvas.height);
  const font = Math.max(12, side / 50);
  const line = Math.max(2, side / 300);
  pen.font = `${font}px ${getComputedStyle(document.body).fontFamily}`;
  for (const { words, colour, ...box } of objects.toReversed()) {
    const [x, y, width, height] = [box.x, box.y, box.width, box.height].map((value) => value * scale);
    for (const [by, ink] of [[line * 1.9, INK], [line, style(colour)]]) {
      pen.lineWidth = by;
      pen.strokeStyle = ink;
      pen.strokeRect(x, y, width, height);
    }
    const high = font * 1.4;
    const top = Math.max(0, y - high);
    const wide = pen.measureText(words).width + font * 0.6;
    const left = Math.max(0, Math.min(x, canvas.width - wide));
    pen.fillStyle = style(colour);
    pen.fillRect(left, top, wide, high);
    pen.fillStyle = INK;
    pen.fillText(words, left + font * 0.3, top + font * 1.05);
  }
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
