/**
 * Writes `docs/wire-rules.md`: which tests prove which rule of the wire.
 *
 * @module
 */
import { rulesPage } from "./_wire_rule_page.ts";
import { findRuleTests } from "./_wire_rule_tests.ts";

const ROOT = new URL("../", import.meta.url);

if (import.meta.main) {
  await Deno.writeTextFile(
    new URL("docs/wire-rules.md", ROOT),
    rulesPage(await findRuleTests(ROOT)),
  );
}
