// What scripts say, in the language of the page, which brings it: templates/says.html.

const page = document.documentElement.lang;
// Dates and numbers as in the reader's country, where the browser tells that.
export const locale = navigator.languages.find((one) => one.startsWith(`${page}-`)) ?? page;

const lists = [...document.querySelectorAll("[data-says]")].map((list) => JSON.parse(list.dataset.says));
const sentences = Object.assign({}, ...lists);
const plurals = new Intl.PluralRules(page);
const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });

// Return the sentence of that name with its {values}; `num` decides on its form, if it has several.
export function says(name, values = {}) {
  const found = sentences[name];
  const sentence = typeof found === "string" ? found : found[plurals.select(values.num)];
  return sentence.replace(/\{(\w+)\}/g, (_, key) => {
    return typeof values[key] === "number" ? numbers.format(values[key]) : values[key];
  });
}
