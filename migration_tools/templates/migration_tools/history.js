(function () {
  "use strict";
  var form = document.querySelector(".filters");
  if (!form) return;
  form.hidden = false;
  var find = document.getElementById("find");
  var state = document.getElementById("state");
  var found = document.getElementById("found");
  var rows = Array.prototype.slice.call(document.querySelectorAll(".migration"));
  function filter() {
    var text = find.value.trim().toLowerCase();
    var shown = 0;
    rows.forEach(function (row) {
      var fits = (!state.value || row.dataset.kind === state.value) &&
        (!text || row.dataset.text.toLowerCase().indexOf(text) !== -1);
      row.hidden = !fits;
      if (fits) shown += 1;
    });
    document.querySelectorAll(".app").forEach(function (app) {
      app.hidden = (text || state.value) && !app.querySelector(".migration:not([hidden])");
    });
    found.textContent = text || state.value ? shown + " of " + rows.length : "";
  }
  find.addEventListener("input", filter);
  state.addEventListener("change", filter);
}());
