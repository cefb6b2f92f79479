// What a browser keeps of this site. Some keep nothing, and say so with an error.

// Return what `use` makes of the browser's storage, or null where there is none.
export function kept(use) {
  try {
    return use(localStorage);
  } catch {
    return null;
  }
}
