/**
 * Import this before `ai`: a library of its reads the machine's name as it is
 * loaded, for which the tests have no permission.
 *
 * @module
 */
import os from "node:os";

os.hostname = () => "localhost";
