import { assertEquals } from "@std/assert";
import { markClosed, takeMark } from "./_clean_close.ts";

async function withFile(
  use: (directory: string, file: string) => Promise<void>,
): Promise<void> {
  const directory = await Deno.makeTempDir();
  const file = `${directory}/state.kv`;
  await Deno.writeTextFile(file, "rows");
  await use(directory, file);
  await Deno.remove(directory, { recursive: true });
}

Deno.test("S2: takeMark() trusts a file that was closed cleanly, and once only", async () => {
  await withFile(async (directory) => {
    assertEquals(await takeMark(directory), false);
    await markClosed(directory);
    assertEquals(await takeMark(directory), true);
    assertEquals(await takeMark(directory), false);
  });
});

Deno.test("S2: takeMark() trusts no file that was changed, replaced or removed", async () => {
  for (
    const change of [
      (file: string) => Deno.writeTextFile(file, "more", { append: true }),
      (file: string) => Deno.utime(file, 1, 1),
      async (file: string) => {
        await Deno.copyFile(file, `${file}-2`);
        await Deno.rename(`${file}-2`, file);
      },
      (file: string) => Deno.remove(file),
      (file: string) => Deno.writeTextFile(`${file}-wal`, ""),
    ]
  ) {
    await withFile(async (directory, file) => {
      await markClosed(directory);
      await change(file);
      assertEquals(await takeMark(directory), false);
      assertEquals(await takeMark(directory), false);
    });
  }
});

Deno.test("markClosed() marks nothing while SQLite has more to write, or where it cannot", async () => {
  await withFile(async (directory, file) => {
    await Deno.writeTextFile(`${file}-wal`, "");
    await markClosed(directory);
    await markClosed(`${directory}/none`);
    await Deno.remove(`${file}-wal`);
    assertEquals(await takeMark(directory), false);
  });
});
