import { serve } from "@llm-proxy/api/serve";

Deno.exit(await serve(Deno.args));
