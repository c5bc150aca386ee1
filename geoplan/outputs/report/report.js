"use strict";
// an interactive map is kept packed in the page, or beside it where it is large, and opened only
// when it is asked for
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
    const store = document.getElementById(button.dataset.map);
    const beside = store.dataset.beside;
    if (!beside && typeof DecompressionStream === "undefined") {
      button.textContent = button.dataset.old;
      return;
    }
    const frame = document.createElement("iframe");
    frame.title = figure.querySelector("img").alt;
    if (beside) {
      frame.src = beside;
    } else {
      const page = await unpack(store.textContent);
      frame.src = URL.createObjectURL(new Blob([page], { type: "text/html;charset=utf-8" }));
    }
    figure.append(frame);
    button.textContent = button.dataset.close;
  });
});
