import type { WireSection } from "./_wire_rule_titles.ts";

/** The rules of providers whose own API, or own way with OpenAI's, is spoken. */
export const NATIVE_SECTIONS: readonly WireSection[] = [
  {
    letter: "G",
    title: "Cohere v2",
    rules: [
      "All events of a stream, and its end mark",
      "Arguments of a call come in pieces; none are {}",
      "The plan before a call is thought, and goes back beside the call",
      "Content of type thinking is thought",
      "Each reason to finish has a class",
      "Tokens are told as they are, not as they are billed",
      "The choice of tool: one that is named is the only one offered",
      "A JSON schema goes into the response format",
      "Errors are told in the client's shape",
      "Sampling goes by Cohere's own names",
      "Results of tools are turns of their own",
      "Citations are told as lost, and leave the text as it is",
    ],
  },
  {
    letter: "H",
    title: "Mistral",
    rules: [
      "Content in a list is split into thought and text",
      "Calls that come whole get number and type",
      "Later empty names change nothing",
      "Foreign ids of calls become nine letters and digits, alike for call and result",
      "A call that is required, or named",
      "A user's turn behind a tool's gets an answer before it",
      "Errors in each of its shapes",
      "Its names of rate limits are read",
      "Fields that it answers with 422 are left out",
      "Its names for seed and limit",
      "Its own reasons to finish",
      "Counts come with the finish only",
    ],
  },
  {
    letter: "I",
    title: "Ollama",
    rules: [
      "A JSON value a line, the last one done; what is left out streams",
      "Arguments are an object, calls may have no id and no number",
      "stop with calls is a tool's finish",
      "Counts, of which the prompt's may be missing",
      "Limits and sampling stand under options",
      "Its compatible API: thought, and counts without choices",
      "Pictures are raw base64 beside the text",
      "An error in a line of a stream is one",
      "A model that is not there is model_not_found",
      "Thinking is asked for, and told, in words of its own",
    ],
  },
];
