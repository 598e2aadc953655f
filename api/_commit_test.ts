import { assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { runningCommit } from "./_commit.ts";

const ID = "1f0c9b7a55d2e3f4a5b6c7d8e9f0a1b2c3d4e5f6";

Deno.test("runningCommit() is the clone's, on a branch or not, and none outside of one", () => {
  const directory = Deno.makeTempDirSync();
  const root = pathToFileURL(`${directory}/`);
  assertEquals(runningCommit(root), "no commit told");
  Deno.writeTextFileSync(`${directory}/HEAD`, `${ID}\n`);
  assertEquals(runningCommit(root), ID.slice(0, 12));
  Deno.writeTextFileSync(`${directory}/HEAD`, "ref: refs/heads/main\n");
  assertEquals(runningCommit(root), "no commit told");
  Deno.mkdirSync(`${directory}/refs/heads`, { recursive: true });
  Deno.writeTextFileSync(`${directory}/refs/heads/main`, `${ID}\n`);
  assertEquals(runningCommit(root), ID.slice(0, 12));
  assertEquals(runningCommit(new URL("https://127.0.0.1/")), "no commit told");
  Deno.removeSync(directory, { recursive: true });
});
