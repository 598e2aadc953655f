import { assertEquals } from "@std/assert";
import { join } from "node:path";
import { fillFile, overwritePage, withDirectory } from "./_test_state.ts";
import { checkStateFile } from "./state_file_check.ts";
import { probeStateFile } from "./state_file_probe.ts";

Deno.test("S2: checkStateFile() tells sound files from corrupt and unusable ones", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "state.kv");
    const state = async () => (await checkStateFile(path)).state;
    await fillFile(path);
    assertEquals(await state(), "sound");
    const whole = await Deno.readFile(path);
    // Each page in its turn would take long; these are of every table there is.
    for (const page of [1, 2, 5, 40, whole.length / 4_096 - 2]) {
      await Deno.writeFile(path, whole);
      await overwritePage(path, Math.floor(page));
      assertEquals(await state(), "corrupt", `page ${page}`);
    }
    await Deno.writeFile(path, whole);
    await overwritePage(path, 0);
    assertEquals(await state(), "corrupt");
    await Deno.writeFile(path, whole.subarray(0, whole.length / 2));
    assertEquals(await state(), "corrupt");
    await Deno.writeFile(path, new Uint8Array());
    assertEquals(await state(), "sound");
    await Deno.remove(path);
    await Deno.mkdir(path);
    assertEquals(await state(), "unusable");
  });
});

Deno.test("checkStateFile() takes an end without a word for corrupt only while the file is opened", async () => {
  const opening = `console.log('{"state":"opening","detail":""}');`;
  const ends: [string, string][] = [
    [`${opening} Deno.exit(1)`, "corrupt"],
    [`${opening} Deno.kill(Deno.pid, "SIGABRT")`, "corrupt"],
    [`${opening} Deno.kill(Deno.pid, "SIGKILL")`, "unknown"],
    ["Deno.exit(1)", "unknown"],
    ["console.log('{'); Deno.exit(0)", "unknown"],
  ];
  for (const [program, state] of ends) {
    const command = ["deno", "eval", program];
    assertEquals(
      (await checkStateFile("x", { command })).state,
      state,
      program,
    );
  }
});

Deno.test("checkStateFile() does not reject, whatever is wrong with the command", async () => {
  const missing = await checkStateFile("x", { command: ["/nowhere/deno"] });
  assertEquals(missing.state, "unknown");
  const none = await checkStateFile("x", { command: [] });
  assertEquals(none.state, "unknown");
});

Deno.test("checkStateFile() ends a check that takes too long", async () => {
  const command = ["deno", "eval", "setTimeout(() => {}, 60_000)"];
  const late = await checkStateFile("x", { command, timeoutMs: 500 });
  assertEquals(late, { state: "unusable", detail: "The check took too long" });
});

Deno.test("probeStateFile() tells when it begins what could end the process", async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, "state.kv");
    await fillFile(path);
    const states: string[] = [];
    const print = (line: string) => void states.push(JSON.parse(line).state);
    await probeStateFile(path, print);
    await overwritePage(path, 0);
    await probeStateFile(path, print);
    await probeStateFile(directory, print);
    assertEquals(states, ["opening", "sound", "corrupt", "unusable"]);
  });
});
