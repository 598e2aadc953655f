import { assert, assertEquals, assertThrows } from "@std/assert";
import { type CgroupMemory, readCgroupMemory } from "./cgroup_memory.ts";
import {
  type MemoryChange,
  MemoryManager,
  type MemoryPressure,
} from "./memory_manager.ts";
import { heapLimitAdvice, readMemory } from "./memory_reading.ts";

const GIB = 1024 ** 3;

function cgroup(files: Record<string, string>): CgroupMemory | undefined {
  return readCgroupMemory({
    readText: (path) => {
      const text = files[path];
      if (text === undefined) throw new Deno.errors.NotFound(path);
      return text;
    },
  });
}

Deno.test("readCgroupMemory() reads version 2, takes the tightest limit above, and leaves out what can be taken back", () => {
  const root = "/sys/fs/cgroup";
  assertEquals(
    cgroup({
      "/proc/self/cgroup": "0::/system.slice/llm-proxy.service\n",
      [`${root}/system.slice/llm-proxy.service/memory.max`]: "max\n",
      [`${root}/system.slice/memory.max`]: "2000\n",
      [`${root}/system.slice/llm-proxy.service/memory.current`]: "900\n",
      [`${root}/system.slice/llm-proxy.service/memory.stat`]:
        "anon 5\ninactive_file 300\nactive_file 7\n",
    }),
    { limit: 2000, used: 600 },
  );
});

Deno.test("readCgroupMemory() reads version 1, and the root where the path is the host's", () => {
  const root = "/sys/fs/cgroup/memory";
  assertEquals(
    cgroup({
      "/proc/self/cgroup":
        "9:name=systemd:/\n4:hugetlb,memory:/docker/abc\n0::/\n",
      [`${root}/memory.limit_in_bytes`]: "5000\n",
      [`${root}/memory.usage_in_bytes`]: "1000\n",
      [`${root}/memory.stat`]: "inactive_file 1\ntotal_inactive_file 400\n",
    }),
    { limit: 5000, used: 600 },
  );
  assertEquals(
    cgroup({
      "/proc/self/cgroup": "4:memory:/\n",
      [`${root}/memory.limit_in_bytes`]: "9223372036854771712\n",
      [`${root}/memory.usage_in_bytes`]: "1000\n",
    }),
    { limit: undefined, used: 1000 },
  );
});

Deno.test("readCgroupMemory() knows nothing where nothing can be read", () => {
  for (
    const files of [
      {},
      { "/proc/self/cgroup": "" },
      { "/proc/self/cgroup": "0::/\n" },
      { "/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.current": "x" },
    ]
  ) assertEquals(cgroup(files as Record<string, string>), undefined);
});

Deno.test("readMemory() works with whatever it may read", () => {
  const { used, heapUsed, heapLimit, limit } = readMemory(GIB);
  assert(used > 1e6 && heapUsed > 1e5 && heapLimit > heapUsed);
  assertEquals(limit, GIB);
  assertEquals(
    heapLimitAdvice({ used, heapUsed, heapLimit: GIB, limit: undefined }),
    undefined,
  );
});

/** A manager over memory that a test sets. */
function rig() {
  const state = { used: 0, heapUsed: 0, at: 0 };
  const changes: MemoryChange[] = [];
  const shrunk: MemoryPressure[] = [];
  const leaks: number[] = [];
  let collected = 0;
  const memory = new MemoryManager({
    read: () => ({
      used: state.used,
      limit: 1000,
      heapUsed: state.heapUsed,
      heapLimit: 1000,
    }),
    now: () => state.at,
    onChange: (change) => changes.push(change),
    onLeak: ({ bytesPerHour }) => leaks.push(bytesPerHour),
    collect: () => collected++,
  });
  memory.own("cache", { shrink: (pressure) => shrunk.push(pressure) });
  return { state, memory, changes, shrunk, leaks, collected: () => collected };
}

Deno.test("MemoryManager rises at once and falls when memory is well below", () => {
  const { state, memory, changes } = rig();
  const path: MemoryPressure[] = [];
  for (const used of [500, 860, 840, 810, 790, 960, 920, 899, 849, 799]) {
    state.used = used;
    path.push(memory.check());
  }
  assertEquals(path, [
    "normal",
    "high",
    "high",
    "high",
    "normal",
    "critical",
    "critical",
    "high",
    "high",
    "normal",
  ]);
  assertEquals(changes.map(({ from, to }) => `${from}>${to}`), [
    "normal>high",
    "high>normal",
    "normal>critical",
    "critical>high",
    "high>normal",
  ]);
  memory.close();
});

Deno.test("MemoryManager has owners shrink at every look under pressure, whoever fails, and collects now and then", () => {
  const { state, memory, shrunk, collected } = rig();
  memory.own("broken", {
    shrink: () => {
      throw new Error("no");
    },
  });
  const later: string[] = [];
  memory.own("later", { shrink: (pressure) => later.push(pressure) });
  state.heapUsed = 990;
  for (let look = 0; look < 4; look++) {
    state.at = look * 5_000;
    memory.check();
  }
  assertEquals(shrunk.length, 4);
  assertEquals(later.length, 4);
  assertEquals(collected(), 2);
  assert(memory.isScarce && memory.isCritical);
  state.heapUsed = 0;
  memory.check();
  assertEquals(shrunk.length, 4);
  memory.close();
});

Deno.test("MemoryManager tells a leak by its floor, not by its peaks, and once in a while", () => {
  const { state, memory, leaks } = rig();
  const minute = 60_000;
  const look = (used: number) => {
    state.used = used;
    memory.check();
  };
  // Peaks and a floor that stays.
  for (let at = 0; at < 3 * 60; at++) {
    state.at = at * minute;
    look(at % 2 === 0 ? 1e9 : 1e8);
  }
  assertEquals(leaks, []);
  for (let at = 3 * 60; at < 8 * 60; at++) {
    state.at = at * minute;
    look((at % 2 === 0 ? 1e9 : 1e8) + (at - 180) * 1e6);
  }
  assertEquals(leaks.length, 1);
  assert(Math.abs((leaks[0] ?? 0) / 6e7 - 1) < 0.5, String(leaks[0]));
  memory.close();
});

Deno.test("MemoryManager lists what its owners hold, and forgets who leaves", () => {
  const { memory } = rig();
  const leave = memory.own("bodies", { bytes: () => 5, maxBytes: () => 10 });
  assertEquals(memory.holdings, [
    { name: "cache", bytes: undefined, maxBytes: undefined },
    { name: "bodies", bytes: 5, maxBytes: 10 },
  ]);
  leave();
  assertEquals(memory.holdings.length, 1);
  memory.close();
  assertThrows(
    () => new MemoryManager({ highShare: 0.9, criticalShare: 0.5 }),
    RangeError,
  );
});

Deno.test("P6: MemoryManager has room as long as it is not critical with it, and collects garbage before it has none", () => {
  let now = 0;
  let used = 50;
  let garbage = 0;
  let collections = 0;
  const memory = new MemoryManager({
    read: () => ({
      used: used + garbage,
      limit: 100,
      heapUsed: 0,
      heapLimit: 100,
    }),
    collect: () => {
      collections++;
      garbage = 0;
    },
    now: () => now,
  });
  assertEquals([memory.hasRoom(45), memory.hasRoom(46)], [true, false]);
  assertEquals(collections, 1);
  now += 2_000;
  garbage = 30;
  assertEquals(memory.hasRoom(30), true);
  assertEquals(collections, 2);
  // Not again and again for everybody who asks.
  now += 60;
  used = 80;
  assertEquals([memory.hasRoom(30), collections], [false, 2]);
  memory.close();
});
