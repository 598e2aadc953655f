// Without case and punctuation, as `isFillIn` compares them.
const PHRASES: readonly string[] = [
  "changeit",
  "changeme",
  "changethis",
  "example",
  "insertkey",
  "insertyour",
  "myapikey",
  "password",
  "placehold",
  "replaceme",
  "replacethis",
  "replacewith",
  "secretkeyhere",
  "supersecret",
  "yourapikey",
  "yourkey",
  "yoursecret",
  "yourtoken",
];

/**
 * Whether a key only stands for one: a variable that nobody expanded, a
 * phrase out of somebody's documentation, or a keyboard pattern.
 */
export function isFillIn(key: string): boolean {
  if (/^\$|\$\{|^<.*>$|^%.*%$|^os\.environ\/|\.\.\./.test(key)) return true;
  const plain = key.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  // A long random key may hold one of the short words by chance, but not again and again.
  if (
    PHRASES.some((it) => {
      const rest = plain.replaceAll(it, "").length;
      return rest < plain.length && rest < 2 * it.length;
    })
  ) {
    return true;
  }
  // Servers on the own machine take short ones such as `123` or `EMPTY`.
  if (key.length < 8) return false;
  const tail = key.toLowerCase().replace(/^((sk|key|token)[-_]?)+/, "");
  return new Set(tail).size < 4 || isRun(tail) || isRepeated(tail);
}

/** Whether the same few characters come again and again. */
function isRepeated(text: string): boolean {
  return /^(.{1,12})(?:[-_.]?\1){2,}[-_.]?$/.test(text);
}

/** Whether every character is the successor of the one before it. */
function isRun(text: string): boolean {
  for (let i = 1; i < text.length; i++) {
    const step = text.charCodeAt(i) - text.charCodeAt(i - 1);
    const wraps = text[i] === "0" && text[i - 1] === "9";
    if (step !== 1 && !wraps) return false;
  }
  return text.length > 1;
}

/** Whether a key still has the quotes that a shell would have taken off. */
export function isQuoted(key: string): boolean {
  return /^(["'`]).*\1$/.test(key);
}
