(function () {
  "use strict";
  var form = document.querySelector(".filters");
  if (!form) return;
  form.hidden = false;
  var find = document.getElementById("find");
  var state = document.getElementById("state");
  var trait = document.getElementById("trait");
  var unfold = document.getElementById("unfold");
  var found = document.getElementById("found");
  var rows = Array.prototype.slice.call(document.querySelectorAll(".migration"));
  var apps = Array.prototype.slice.call(document.querySelectorAll(".app"));
  var texts = null;
  function read() {
    texts = rows.map(function (row) {
      var name = row.querySelector(".name");
      var app = row.closest(".app");
      var label = app && app.dataset.label ? app.dataset.label + "." : "";
      return (label + (name ? name.textContent : "") + " " + row.textContent).toLowerCase();
    });
  }
  function filter() {
    var text = find.value.trim().toLowerCase();
    var wanted = trait ? trait.value : "";
    var asked = Boolean(text || state.value || wanted);
    var shown = 0;
    if (text && !texts) read();
    rows.forEach(function (row, n) {
      var fits = (!state.value || row.dataset.kind === state.value) &&
        (!wanted || (row.dataset.traits || "").split(",").indexOf(wanted) !== -1) &&
        (!text || texts[n].indexOf(text) !== -1);
      row.hidden = !fits;
      if (fits) shown += 1;
    });
    apps.forEach(function (app) {
      app.hidden = asked && !app.querySelector(".migration:not([hidden])");
    });
    found.textContent = asked ? shown + " of " + rows.length : "";
  }
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("input", filter);
  unfold.addEventListener("click", function () {
    var open = unfold.getAttribute("aria-pressed") !== "true";
    unfold.setAttribute("aria-pressed", String(open));
    unfold.textContent = open ? "Fold all" : "Unfold all";
    rows.forEach(function (row) { if (!row.hidden) row.open = open; });
  });
  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey &&
        !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      event.preventDefault();
      find.focus();
    }
  });
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = rows.filter(function (row) { return !row.open && !row.hidden; });
    opened.forEach(function (row) { row.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (row) { row.open = false; });
  });
  filter(); // a browser may have kept what was chosen before
}());
