import { pathToFileURL } from "node:url";

/** A class as a module gives it out: what it makes must be looked at. */
export type LoadedClass = new (options: unknown) => unknown;

/** Addresses of modules that are no paths; none of them is fetched from just anywhere. */
const ADDRESS = /^(file|npm|jsr|node|data):/;

/** Whether the name of a module is a path. */
export function isModulePath(module: string): boolean {
  return !/^[a-z][a-z0-9+.-]+:/i.test(module);
}

/**
 * Loads the class that a config names in the place of one of the gateway's own.
 *
 * @throws {TypeError} with one sentence that says why not.
 */
export async function loadExport(
  module: string,
  name: string,
): Promise<LoadedClass> {
  const isPath = isModulePath(module);
  if (!isPath && !ADDRESS.test(module)) {
    throw new TypeError(
      `Cannot load '${module}': it must be a path, or begin with npm:, jsr: or file:`,
    );
  }
  let exports: Readonly<Record<string, unknown>>;
  try {
    exports = await import(isPath ? pathToFileURL(module).href : module);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new TypeError(
      `Cannot load '${module}': ${message.split("\n")[0]?.slice(0, 500)}`,
      { cause: error },
    );
  }
  // The namespace of a module has no prototype, so that every name is an export.
  const found = exports[name];
  if (typeof found === "function") return found as LoadedClass;
  const names = Object.keys(exports).slice(0, 10).join(", ") || "none";
  throw new TypeError(
    found === undefined
      ? `Cannot load '${module}': it has no export '${name}' (its exports: ${names})`
      : `Cannot load '${module}': its export '${name}' is no class`,
  );
}
