// What a page gains when scripts run. Every page works without this file.
(() => {
  "use strict";

  // A date that was picked with the pointer is sent at once. Typing changes
  // the value digit by digit, so after a key the button (or Enter) sends it.
  const typed = new WeakSet();
  const picks = (target) => target.matches("form[data-send-on-pick] input[type=date]");
  document.addEventListener("keydown", ({ target }) => {
    if (target instanceof Element && picks(target)) typed.add(target);
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Element && picks(target)) typed.delete(target);
  });
  document.addEventListener("change", ({ target }) => {
    if (picks(target) && !typed.has(target) && target.value) target.form.requestSubmit();
  });

  // Leaving a page whose text was changed and not sent asks first.
  const unsent = new Set();
  document.addEventListener("input", ({ target }) => {
    const form = target.closest("form[data-guard]");
    if (form) unsent.add(form);
  });
  document.addEventListener("submit", ({ target }) => unsent.delete(target));
  window.addEventListener("beforeunload", (event) => {
    if ([...unsent].some((form) => form.isConnected)) event.preventDefault();
  });

  // A box that stands for a group ticks the group's boxes, and is ticked no more
  // when one of them is not: the server takes it for all of them.
  document.addEventListener("change", ({ target }) => {
    const { ticks, tickedBy } = target.dataset;
    if (ticks) for (const box of document.querySelectorAll(`[data-ticked-by="${ticks}"]`)) box.checked = target.checked;
    if (tickedBy && !target.checked) document.querySelector(`[data-ticks="${tickedBy}"]`).checked = false;
  });
  // On a page that is one of a queue the arrow keys lead to its neighbours, but
  // not while somebody types or holds another key.
  const steps = document.querySelector("[data-steps]");
  for (const hint of document.querySelectorAll("[data-keys]")) hint.hidden = false;
  document.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
    const busy = event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("input, textarea, select");
    if (steps && step && !busy) steps.querySelector(`a[rel="${step}"]`)?.click();
  });

  // A link that was just made is taken whole. The clipboard is only there in a
  // secure context, which a city's own network may not be.
  for (const field of document.querySelectorAll("[data-link]")) {
    field.addEventListener("focus", () => field.select());
  }
  for (const button of document.querySelectorAll("button[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy);
      field.focus();
      field.select();
      // Where neither way is open it stands selected, to be copied by hand.
      const copied = document.execCommand("copy") ||
        await navigator.clipboard?.writeText(field.value).then(() => true, () => false);
      if (copied) document.querySelector("[data-copied]").textContent = button.dataset.done;
    });
  }

  // Somebody else has changed what the page shows, or said something there: a
  // line says so, and leaves the page as it is. A page that nobody sees listens
  // to nothing. What was said is compared with when the page was asked for.
  const watch = document.querySelector("[data-watch]");
  if (watch && (window.SharedWorker || window.Worker)) {
    const { city, assessment, code, version, evidence, asked } = watch.dataset;
    const placed = (data) => (data.kind === "comment"
      ? data.at >= Number(asked) && (evidence ? data.evidence === Number(evidence)
        : data.code === code && data.assessment === Number(assessment))
      : data.assessment === Number(assessment) && (code ? data.code === code && data.version > Number(version) : !data.earlier));
    const line = window.SharedWorker ? new SharedWorker(watch.dataset.watch).port : new Worker(watch.dataset.watch);
    const tell = () => line.postMessage(document.visibilityState === "visible");
    line.onmessage = ({ data }) => {
      if (data === "shown?") {
        tell();
        return;
      }
      const news = watch.querySelector(`[data-news="${data.kind}"]`);
      if (!news || data.city !== city || !placed(data)) return;
      news.querySelector("a").href = location.href.split("#")[0];
      news.hidden = false;
    };
    document.addEventListener("visibilitychange", tell);
    window.addEventListener("pageshow", tell);
    window.addEventListener("pagehide", () => line.postMessage(false));
  }

  // Printing needs a script, so its button stands hidden until there is one.
  for (const button of document.querySelectorAll("button[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
})();
