"use strict";
// an interactive map is kept packed in the page and opened only when it is asked for
async function unpack(text) {
  const raw = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const stream = new Blob([raw]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).blob();
}
document.querySelectorAll("button.map").forEach((button) => {
  button.addEventListener("click", async () => {
    const figure = button.closest("figure");
    const open = figure.querySelector("iframe");
    if (open) {
      URL.revokeObjectURL(open.src);
      open.remove();
      button.textContent = button.dataset.open;
      return;
    }
    if (typeof DecompressionStream === "undefined") {
      button.textContent = button.dataset.old;
      return;
    }
    const packed = document.getElementById(button.dataset.map).textContent;
    const page = await unpack(packed);
    const frame = document.createElement("iframe");
    frame.title = figure.querySelector("img").alt;
    frame.src = URL.createObjectURL(new Blob([page], { type: "text/html;charset=utf-8" }));
    figure.append(frame);
    button.textContent = button.dataset.close;
  });
});
