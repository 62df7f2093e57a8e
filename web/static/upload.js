// Files: dropped on the form, told of before they are sent when they are too
// large, and sent with a bar that moves. Without this file the form is a plain
// one; with it the server answers the same pages.
(() => {
  "use strict";

  const begin = (form) => {
    const drop = form.querySelector("[data-drop]");
    if (!drop) return;
    const input = drop.querySelector("input[type=file]");
    const list = drop.querySelector(".drop__list");
    const bar = drop.querySelector("progress");
    const state = drop.querySelector(".drop__state");
    drop.querySelector(".drop__here").hidden = false;

    // What is chosen stands below the field, with what is known to be wrong.
    const show = () => {
      list.replaceChildren(...[...input.files].map((file) => {
        const item = document.createElement("li");
        item.textContent = file.name;
        if (file.size > Number(drop.dataset.most)) {
          const problem = document.createElement("span");
          problem.className = "field__error";
          problem.textContent = " " + drop.dataset.tooLarge;
          item.append(problem);
        }
        return item;
      }));
    };
    input.addEventListener("change", show);

    const over = (on) => drop.toggleAttribute("data-over", on);
    drop.addEventListener("dragover", (event) => {
      event.preventDefault();
      over(true);
    });
    drop.addEventListener("dragleave", () => over(false));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      over(false);
      if (event.dataTransfer.files.length === 0) return;
      const all = new DataTransfer();
      for (const file of input.multiple ? [...input.files, ...event.dataTransfer.files] : [event.dataTransfer.files[0]]) all.items.add(file);
      input.files = all.files;
      show();
    });

    // The page that answers takes this one's place, at its own address. It was
    // shown its notice already, so it is not fetched again.
    const turnTo = (request) => {
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      document.title = page.title;
      document.body.replaceWith(page.body);
      if (request.status < 400) history.replaceState(null, "", request.responseURL);
      start();
      (document.querySelector(".errors") ?? document.querySelector("main")).focus();
    };

    form.addEventListener("submit", (event) => {
      if (input.files.length === 0) return; // a page like any other
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.upload.addEventListener("progress", ({ loaded, total }) => {
        bar.value = total ? (100 * loaded) / total : 0;
      });
      request.addEventListener("load", () => turnTo(request));
      request.addEventListener("error", () => {
        bar.hidden = true;
        button.disabled = false;
        state.textContent = drop.dataset.broken;
      });
      const button = form.querySelector("button:not([type])");
      bar.hidden = false;
      state.textContent = drop.dataset.sending;
      const body = new FormData(form);
      button.disabled = true;
      request.send(body);
    });
  };
  const start = () => document.querySelectorAll("form[data-upload]").forEach(begin);
  start();
})();
