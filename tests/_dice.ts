const ODD_IDS = ["call_", "toolu_01", "functions.weather:", "0", "tc-"];

/** Draws from a source of numbers. */
export class Dice {
  readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  /** Whether something happens that does so often. */
  toss(chance = 0.5): boolean {
    return this.random() < chance;
  }

  one<T>(choices: readonly T[]): T {
    return choices[Math.floor(this.random() * choices.length)]!;
  }

  /** A text in 1 to `most` pieces, cut between any two UTF-16 units. */
  cut(text: string, most: number): string[] {
    const pieces: string[] = [];
    for (let at = 0; at < text.length;) {
      const left = Math.max(1, most - pieces.length);
      const size = left === 1
        ? text.length - at
        : 1 + Math.floor(this.random() * (text.length - at));
      pieces.push(text.slice(at, at + size));
      at += size;
    }
    return pieces;
  }
}

/** Gives ids another shape, each always the same. */
export function renamer(dice: Dice): (id: string) => string {
  const shape = dice.one(["", ...ODD_IDS, `long-${"x".repeat(60)}`]);
  const known = new Map<string, string>();
  return (id) => {
    if (shape === "") return id;
    const named = known.get(id) ?? `${shape}${known.size}`;
    known.set(id, named);
    return named;
  };
}
