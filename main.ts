import { serve } from "@llm-proxy/api";

Deno.exitCode = await serve(Deno.args);
