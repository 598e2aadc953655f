import { configSchema } from "./config_schema.ts";

/** What the schema fills in, as the file `config.defaults.json` holds it. */
export function configDefaultsText(): string {
  const { providers, ...config } = configSchema.parse({
    providers: [{ type: "azure_openai", entra: {} }],
  });
  const [{ type: _, entra, ...provider } = {}] = providers as readonly Record<
    string,
    unknown
  >[];
  return `${JSON.stringify({ config, provider, entra }, null, 2)}\n`;
}
