/**
 * The house rules that `deno lint` has no rule for.
 *
 * @module
 */
import {
  IGNORE_SAYS_WHY_RULE,
  NO_UNFINISHED_COMMENT_RULE,
} from "./_comment_rules.ts";
import { ERROR_MESSAGE_SHAPE_RULE } from "./_error_message_shape_rule.ts";
import {
  NO_DEFAULT_EXPORT_RULE,
  NO_EXPORT_STAR_RULE,
  NO_EXPORTED_ARROW_RULE,
} from "./_export_rules.ts";
import { MAX_LINES_RULE, SNAKE_CASE_FILE_RULE } from "./_file_rules.ts";
import { MAX_REQUIRED_PARAMS_RULE } from "./_max_required_params_rule.ts";
import { CAMEL_CASE_NAMES_RULE } from "./_naming_rule.ts";
import { PRIVATE_HASH_RULE } from "./_private_hash_rule.ts";
import { READONLY_OPTIONS_RULE } from "./_readonly_options_rule.ts";

const PLUGIN: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "camel-case-names": CAMEL_CASE_NAMES_RULE,
    "error-message-shape": ERROR_MESSAGE_SHAPE_RULE,
    "ignore-says-why": IGNORE_SAYS_WHY_RULE,
    "max-lines": MAX_LINES_RULE,
    "max-required-params": MAX_REQUIRED_PARAMS_RULE,
    "no-default-export": NO_DEFAULT_EXPORT_RULE,
    "no-export-star": NO_EXPORT_STAR_RULE,
    "no-top-level-exported-arrow": NO_EXPORTED_ARROW_RULE,
    "no-unfinished-comment": NO_UNFINISHED_COMMENT_RULE,
    "private-hash": PRIVATE_HASH_RULE,
    "readonly-options": READONLY_OPTIONS_RULE,
    "snake-case-file": SNAKE_CASE_FILE_RULE,
  },
};

// deno-lint-ignore house/no-default-export -- the form in which plugins are loaded
export default PLUGIN;
