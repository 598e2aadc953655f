import type { Config } from "./config_types.ts";
import { connectionRoom } from "./_file_limit.ts";
import { isOpenToOthers, keyless } from "./_open_to_others.ts";
import { neededHosts } from "./_permissions.ts";

/** What was found of one thing, and what to do about it. */
export interface Finding {
  readonly is: "ok" | "warn" | "fault";
  readonly what: string;
  readonly advice?: string;
}

/** Descriptors below which a busy gateway runs out of them. */
const MIN_ROOM = 1_000;
/** What a gateway needs for itself under load, in bytes. */
const MIN_MEMORY = 256 * 1024 * 1024;
/** By how much a clock may be wrong: signatures are refused by then, in ms. */
const MAX_SKEW = 60_000;

/** The addresses that the service is to listen on. */
export function addresses(config: Config): Finding[] {
  const { host, port, admin } = config.server;
  if (isOpenToOthers(host, config)) {
    return [{
      is: "fault",
      what: keyless(host).replace("llm-proxy: ", ""),
    }];
  }
  return [
    address(host, port),
    ...admin === undefined ? [] : [address(admin.host, admin.port)],
  ];
}

function address(hostname: string, port: number): Finding {
  try {
    Deno.listen({ hostname, port }).close();
    return { is: "ok", what: `address: ${hostname}:${port} is free` };
  } catch (error) {
    const isTaken = error instanceof Deno.errors.AddrInUse;
    return {
      is: isTaken ? "warn" : "fault",
      what: `address: cannot listen on ${hostname}:${port}`,
      advice: isTaken
        ? "the port is taken, perhaps by a gateway that runs: choose another with --port"
        : "name an address of this machine, and a port that may be had",
    };
  }
}

/** Whether the program may do what the config asks of it, and no more than need be. */
export function permitted(
  config: Config,
  query: (it: Deno.PermissionDescriptor) => Deno.PermissionStatus =
    Deno.permissions.querySync,
): Finding[] {
  const isGranted = (it: Deno.PermissionDescriptor): boolean =>
    query(it).state === "granted";
  const closed = neededHosts(config).filter((host) =>
    !isGranted({ name: "net", host })
  );
  const flags = "'llm-proxy permissions' prints what this config needs";
  const findings = closed.map((host): Finding => ({
    is: "fault",
    what: `permissions: ${host} may not be reached`,
    advice: flags,
  }));
  const wide = (["ffi", "run", "net"] as const).filter((name) =>
    isGranted({ name })
  );
  if (wide.length > 0) {
    return [...findings, {
      is: "ok",
      what: `permissions: ${wide.join(", ")} without bounds; ${flags}`,
    }];
  }
  return [...findings, { is: "ok", what: "permissions: bounded" }];
}

/**
 * Whether the clock is right, by the times at which providers said they answered
 * and a file that can't be of the future.
 */
export function clock(
  { told, written, now = Date.now() }: {
    /** The `date` headers of answers. */
    readonly told: readonly string[];
    /** When the config was written. */
    readonly written: Date | null;
    readonly now?: number;
  },
): Finding {
  const skews = told.map((text) => Date.parse(text) - now)
    .filter((it) => !Number.isNaN(it));
  if (written !== null) skews.push(Math.max(0, written.getTime() - now));
  const worst = skews.toSorted((a, b) => Math.abs(b) - Math.abs(a))[0] ?? 0;
  if (Math.abs(worst) <= MAX_SKEW) {
    return {
      is: "ok",
      what: `clock: ${new Date(now).toISOString()}${
        told.length > 0 ? ", as providers say" : ""
      }`,
    };
  }
  return {
    is: "fault",
    what: `clock: ${Math.round(Math.abs(worst) / 1000)} s ${
      worst > 0 ? "behind" : "ahead"
    }`,
    advice:
      "have it set by NTP: signed requests, tokens and budgets go by it ('timedatectl set-ntp true')",
  };
}

/** What the system allows the process. */
export function limits(): Finding[] {
  return [openFiles(), memory()];
}

function openFiles(): Finding {
  const room = connectionRoom();
  if (room === undefined) {
    return {
      is: "warn",
      what: "open files: the limit cannot be read here",
      advice:
        "tell it: LLM_PROXY_OPEN_FILES=$(ulimit -n), as a listener without any left accepts nobody",
    };
  }
  const what = `open files: room for ${room} connections`;
  return room < MIN_ROOM
    ? {
      is: "warn",
      what,
      advice: "raise it with 'ulimit -n 65536' or LimitNOFILE=65536",
    }
    : { is: "ok", what };
}

function memory(): Finding {
  try {
    const { available } = Deno.systemMemoryInfo();
    const what = `memory: ${Math.round(available / 1024 / 1024)} MiB are free`;
    return available < MIN_MEMORY
      ? { is: "warn", what, advice: "a gateway under load needs 256 MiB" }
      : { is: "ok", what };
  } catch {
    return { is: "ok", what: "memory: cannot be read here" };
  }
}
