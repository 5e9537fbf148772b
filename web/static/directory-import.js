// A file that is too large is not sent at all.

const file = document.getElementById("file");
const large = document.getElementById("file-large");

file.addEventListener("change", () => {
  large.hidden = !(file.files[0]?.size > Number(file.dataset.most));
  file.setCustomValidity(large.hidden ? "" : large.textContent.trim());
});
