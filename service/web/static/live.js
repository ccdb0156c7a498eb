// Says that something has changed since the page was drawn. The page never moves by itself.
"use strict";
(() => {
  const { live, visit } = document.body.dataset;
  const bar = document.getElementById("live");
  if (!live || !bar || !window.EventSource) return;
  let line = null, again = 0;

  function tell({ data }) {
    const { changes } = JSON.parse(data);
    const show = document.createElement("a");
    show.href = location.pathname + location.search;
    show.textContent = "show";
    bar.replaceChildren(changes === 1 ? "One new change: " : `${changes} new changes: `, show);
    bar.hidden = false;
  }

  function open() {
    if (line || document.hidden) return;
    line = new EventSource("/live?" + new URLSearchParams({ after: live, visit: visit || "" }));
    line.addEventListener("change", tell);
    line.addEventListener("error", () => {
      if (!line || line.readyState !== EventSource.CLOSED) return;  // else it tries by itself
      close();
      again = setTimeout(open, 30000);
    });
  }

  // A browser has few connections to a server: a page that nobody sees gives its own back.
  function close() {
    clearTimeout(again);
    line?.close();
    line = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
})();
