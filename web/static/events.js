// One line to the server for all pages of a browser. As a shared worker it
// serves them all; where there are none, each page that is shown has its own.
// Nothing here is needed: where it does not work there is silence.
(() => {
  "use strict";

  const settle = 1500; // who only passes by opens nothing
  const [soonest, latest] = [4000, 300000]; // pauses between tries
  const shown = new Set(); // ports of the pages that people see
  let stream, timer;
  let pause = soonest;

  const close = () => {
    clearTimeout(timer);
    stream?.close();
    stream = timer = undefined;
  };

  // A page may have gone without a word, so all are asked who is still there.
  const ask = () => {
    const asked = [...shown];
    close();
    shown.clear();
    for (const port of asked) port.postMessage("shown?");
  };

  const open = () => {
    timer = undefined;
    stream = new EventSource("/events");
    stream.onopen = () => { pause = soonest; };
    stream.onerror = () => {
      close();
      timer = setTimeout(ask, pause * (1 + Math.random()));
      pause = Math.min(2 * pause, latest);
    };
    for (const kind of ["entry", "comment"]) {
      stream.addEventListener(kind, ({ data }) => {
        for (const port of shown) port.postMessage({ kind, ...JSON.parse(data) });
      });
    }
  };

  const join = (port) => {
    port.onmessage = ({ data }) => {
      if (data) shown.add(port);
      else shown.delete(port);
      if (!shown.size) close();
      else if (!stream && !timer) timer = setTimeout(open, settle);
    };
  };

  if (self.EventSource) {
    if ("SharedWorkerGlobalScope" in self) self.onconnect = ({ ports }) => join(ports[0]);
    else join(self);
  }
})();
