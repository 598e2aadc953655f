/** What stands where something else should. */
const ODD: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  1e308,
  2 ** 60,
  "",
  " ",
  "x",
  "\u0000",
  "\ud800",
  "__proto__",
  "user",
  "assistant",
  "model",
  "system",
  "tool",
  "data:image/png;base64,AAAA",
  "https://127.0.0.1/a.png",
  "llmp1.s.x",
  [],
  {},
  [[]],
  [null],
  [{}],
  { type: "text" },
  { type: "text", text: 5 },
  { text: "x" },
  { constructor: { prototype: 1 } },
];

const NAMES: readonly string[] = [
  "type",
  "role",
  "content",
  "parts",
  "text",
  "name",
  "id",
  "arguments",
  "args",
  "input",
  "output",
  "response",
  "tools",
  "functionCall",
  "function",
  "toString",
  "__proto__",
  "constructor",
];

type Random = () => number;

function one<T>(choices: readonly T[], random: Random): T {
  return choices[Math.floor(random() * choices.length)]!;
}

/** A JSON value with one to three of its places changed: replaced, removed, doubled, renamed, wrapped. */
export function mutateJson(value: unknown, random: Random): unknown {
  let mutated: unknown = JSON.parse(JSON.stringify(value));
  const times = 1 + Math.floor(random() * 3);
  for (let time = 0; time < times; time++) {
    const places = [...placesOf(mutated)];
    if (places.length === 0) return one(ODD, random);
    const [container, key] = one(places, random);
    change(container, key, random);
    if (random() < 0.02) mutated = [mutated];
  }
  return mutated;
}

type Container = Record<string, unknown>;

function* placesOf(value: unknown): Generator<readonly [Container, string]> {
  if (typeof value !== "object" || value === null) return;
  const container = value as Container;
  for (const key of Object.keys(container)) {
    yield [container, key];
    yield* placesOf(container[key]);
  }
}

function change(container: Container, key: string, random: Random): void {
  const value = container[key];
  switch (Math.floor(random() * 7)) {
    case 0:
      delete container[key];
      break;
    case 1:
      Object.defineProperty(container, one(NAMES, random), {
        value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      break;
    case 2:
      container[key] = [value, value];
      break;
    case 3:
      container[key] = { [one(NAMES, random)]: value };
      break;
    case 4:
      if (typeof value === "string") {
        container[key] = value.repeat(1 + Math.floor(random() * 50));
        break;
      }
      container[key] = JSON.stringify(value) ?? "";
      break;
    default:
      container[key] = JSON.parse(JSON.stringify(one(ODD, random)));
  }
}

/** A text with one to three of its pieces changed: cut, doubled, moved, flipped. */
export function mutateText(text: string, random: Random): string {
  let mutated = text;
  const times = 1 + Math.floor(random() * 3);
  for (let time = 0; time < times && mutated !== ""; time++) {
    const at = Math.floor(random() * mutated.length);
    const to = Math.min(mutated.length, at + Math.floor(random() ** 3 * 400));
    const [head, piece, tail] = [
      mutated.slice(0, at),
      mutated.slice(at, to),
      mutated.slice(to),
    ];
    switch (Math.floor(random() * 5)) {
      case 0:
        mutated = head + tail;
        break;
      case 1:
        mutated = head + piece + piece + tail;
        break;
      case 2:
        mutated = tail + piece + head;
        break;
      case 3:
        mutated = head +
          one(['"', "{", "}", "\n\n", "\\", ",", "\u0000", "9"], random) + tail;
        break;
      default:
        mutated = head + piece.replace(/[a-z]/g, "_") + tail;
    }
  }
  return mutated;
}
