/** How many processes are wanted, or what is wrong with the number. */
export function workersWanted(text = "1"): number | string {
  if (text === "auto") return navigator.hardwareConcurrency;
  const isCount = /^\d{1,3}$/.test(text) && Number(text) > 0;
  return isCount
    ? Number(text)
    : `--workers must be a number from 1 to 999 or 'auto', not '${text}' (see --help)`;
}
