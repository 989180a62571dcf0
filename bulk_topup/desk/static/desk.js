"use strict";
// The pages work without this, but for sending a file in; it shows progress as it comes, and stops double clicks.

const gone = document.body.dataset.gone;
const upload = document.getElementById("upload");
if (upload) {
  const told = document.getElementById("upload-told");
  const send = async (file) => {
    told.textContent = upload.dataset.taking;
    const answer = await fetch("/upload/" + encodeURIComponent(file.name), { method: "PUT", body: file }).catch(() => null);
    if (!answer) {
      told.textContent = gone;
    } else if (answer.ok) {
      location.assign((await answer.json()).address);
    } else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      told.textContent = (page.querySelector(".problem") || page.body).textContent;
    }
  };
  upload.addEventListener("submit", (event) => {
    event.preventDefault();
    send(document.getElementById("file").files[0]);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    upload.addEventListener(name, (event) => {
      event.preventDefault();
      upload.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) send(event.dataTransfer.files[0]);
    });
  }
}

// A browser opens few connections to one address, so that a page nobody sees keeps none.
const live = document.getElementById("live");
let source = null;
const follow = () => {
  if (document.hidden) {
    if (source) source.close();
    source = null;
    return;
  }
  if (source || !live || !live.dataset.progress) return;
  source = new EventSource(live.dataset.progress);
  source.onerror = () => { document.getElementById("phase").textContent = gone; };
  source.onmessage = (event) => {
    const now = JSON.parse(event.data);
    for (const place of live.querySelectorAll("[data-live]")) {
      const words = now[place.dataset.live];
      if (place.textContent !== words) place.textContent = words;
    }
    const bar = document.getElementById("bar");
    bar.max = now.of;
    bar.value = now.done;
    if (!now.at_work) {
      source.close();
      location.reload();
    }
  };
};
document.addEventListener("visibilitychange", follow);
follow();

for (const form of document.querySelectorAll("form.once")) {
  form.addEventListener("submit", () => setTimeout(() => {
    for (const button of form.querySelectorAll("button")) button.disabled = true;
  }));
}
// Back to a page whose button was pressed: it can be pressed again, and the desk says what the first one did.
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("form.once button")) button.disabled = false;
});

setInterval(() => { if (!document.hidden) fetch("/alive").catch(() => {}); }, 60000);
