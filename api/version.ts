import manifest from "./deno.json" with { type: "json" };

/** The version of the gateway, as published. */
export const VERSION: string = manifest.version;

/** The commit from which it was built; a build puts it here. */
export const COMMIT: string = "no commit told";
