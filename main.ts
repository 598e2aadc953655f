import { serve } from "@llm-proxy/api/serve";

Deno.exitCode = await serve(Deno.args);
