/* Shows the filter of the report, which needs a script, and filters its rows. */
(function () {
  "use strict";
  var form = document.querySelector(".mt-filter");
  if (!form) return;
  var find = document.getElementById("mt-find");
  var state = document.getElementById("mt-state");
  var found = document.getElementById("mt-found");
  var rows = Array.prototype.slice.call(document.querySelectorAll(".mt-migration"));
  var apps = document.querySelectorAll(".mt-app");
  function filter() {
    var text = find.value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      row.hidden = Boolean((state.value && row.dataset.kind !== state.value) ||
        (text && row.dataset.text.toLowerCase().indexOf(text) === -1));
      if (!row.hidden) shown += 1;
    });
    apps.forEach(function (app) {
      app.hidden = Boolean((text || state.value) &&
        !app.querySelector(".mt-migration:not([hidden])"));
    });
    found.textContent = text || state.value ? shown + " of " + rows.length : "";
  }
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  find.addEventListener("input", filter);
  state.addEventListener("change", filter);
  form.hidden = false;
}());
