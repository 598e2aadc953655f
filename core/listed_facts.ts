/** What a provider tells of a model in its list, besides its name. */
export interface ListedFacts {
  /** The most tokens of request and answer together. */
  readonly contextWindow?: number;
  /** The most tokens of an answer. */
  readonly maxOutput?: number;
  /** What it can do; what is left out is unknown. */
  readonly capabilities?: ListedCapabilities;
}

/** What a provider says that a model can do. */
export type ListedCapabilities = {
  /** Whether it calls tools. */
  readonly tools?: boolean;
  /** Whether it sees images. */
  readonly vision?: boolean;
  /** Whether it keeps to a JSON Schema. */
  readonly json_schema?: boolean;
  /** Whether it hears audio. */
  readonly audio?: boolean;
  /** Whether it reads files. */
  readonly file?: boolean;
};

type Fields = Readonly<Record<string, unknown>>;

/** Where providers put the size of a context: OpenRouter, Groq, Mistral, vLLM, Anthropic, Gemini. */
const WINDOWS = [
  "context_length",
  "context_window",
  "max_context_length",
  "max_model_len",
  "max_input_tokens",
  "inputTokenLimit",
] as const;
const OUTPUTS = [
  "max_completion_tokens",
  "max_tokens",
  "outputTokenLimit",
] as const;

/** Reads what a row of a provider's list tells; odd values are passed over. */
export function listedFacts(row: unknown): ListedFacts {
  const fields = fieldsOf(row);
  const contextWindow = countIn(fields, WINDOWS);
  const maxOutput = countIn(fields, OUTPUTS) ??
    countIn(fieldsOf(fields.top_provider), OUTPUTS);
  const capabilities = capabilitiesOf(fields);
  return {
    ...(contextWindow !== undefined && { contextWindow }),
    ...(maxOutput !== undefined && { maxOutput }),
    ...(capabilities !== undefined && { capabilities }),
  };
}

/** OpenRouter tells parameters and modalities, Mistral its capabilities. */
function capabilitiesOf(fields: Fields): ListedCapabilities | undefined {
  const { supported_parameters: parameters, capabilities } = fields;
  const inputs = fieldsOf(fields.architecture).input_modalities;
  const told = fieldsOf(capabilities);
  const found: Record<string, boolean> = {};
  if (Array.isArray(parameters)) {
    found.tools = parameters.includes("tools");
    found.json_schema = parameters.includes("structured_outputs");
  }
  if (Array.isArray(inputs)) {
    found.vision = inputs.includes("image");
    found.audio = inputs.includes("audio");
    found.file = inputs.includes("file");
  }
  if (typeof told.function_calling === "boolean") {
    found.tools = told.function_calling;
  }
  if (typeof told.vision === "boolean") found.vision = told.vision;
  return Object.keys(found).length === 0 ? undefined : found;
}

function countIn(
  fields: Fields,
  names: readonly string[],
): number | undefined {
  for (const name of names) {
    const value = fields[name];
    if (Number.isSafeInteger(value) && Number(value) > 0) return Number(value);
  }
  return undefined;
}

function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? value as Fields : {};
}
