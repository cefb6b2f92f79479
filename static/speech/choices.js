// Offer only the languages that the chosen recogniser knows. Without this script all are offered.

const recogniser = document.querySelector("#recogniser");
const language = document.querySelector("#language");

if (recogniser && language) {
  const all = [...language.options];
  const narrow = () => {
    const known = JSON.parse(recogniser.selectedOptions[0].dataset.languages);
    const before = language.value;
    language.replaceChildren(...all.filter((option) => known.includes(option.value)));
    // Each recogniser's first one is its default.
    language.value = known.includes(before) ? before : known[0];
  };
  recogniser.addEventListener("change", narrow);
  narrow();
}
