// What is kept for as long as the tab lives; where storing is forbidden, for as long as the page does.

export const kept = (() => {
  try {
    sessionStorage.setItem("zs-test", "");
    return sessionStorage;
  } catch {
    const values = {};
    return { getItem: (name) => values[name] ?? null, setItem: (name, value) => { values[name] = value; } };
  }
})();
