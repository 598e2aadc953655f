import { assert, assertEquals } from "@std/assert";
import {
  ConverseCommand,
  InvokeModelCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { AwsSigner } from "./aws_signer.ts";
import { modelPath } from "./dialects/bedrock/_model_path.ts";
import { bedrockSdk } from "./_test_aws.ts";
import { TestUpstream } from "./_test_upstream.ts";

const { signal } = new AbortController();
const CREDENTIALS = {
  region: "eu-west-1",
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const MODELS = [
  "amazon.nova-lite-v1",
  "us.anthropic.claude-haiku-4-5-20251001-v1:0",
  "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3d4e5f6",
  "arn:aws:bedrock:eu-west-1:123456789012:provisioned-model/x y'(1)*",
];
const ANSWER = JSON.stringify({
  output: { message: { role: "assistant", content: [{ text: "Hi" }] } },
  stopReason: "end_turn",
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
});

/** What Amazon's own client sends to the upstream for each model. */
async function askBySdk(
  upstream: TestUpstream,
  sessionToken?: string,
): Promise<void> {
  const { region: _, ...keys } = CREDENTIALS;
  const client = bedrockSdk(new URL(upstream.url()).origin, {
    ...keys,
    ...(sessionToken !== undefined && { sessionToken }),
  });
  try {
    for (const modelId of MODELS) {
      await client.send(
        new ConverseCommand({
          modelId,
          messages: [{ role: "user", content: [{ text: "Olá 🙂" }] }],
        }),
      );
      await client.send(
        new InvokeModelCommand({ modelId, body: `{"a":"ü"}` }),
      );
    }
  } finally {
    client.destroy();
  }
}

Deno.test("E1, E2: a request is signed as Amazon's own client signs it, ids and ARNs with colons and slashes included", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(ANSWER, { "content-type": "application/json" })
  );
  for (const sessionToken of [undefined, "a/session+token=="]) {
    await askBySdk(upstream, sessionToken);
  }
  assertEquals(upstream.requests.length, MODELS.length * 4);
  for (const [index, request] of upstream.requests.entries()) {
    const { method, path, headers, body } = request;
    const theirs = headers.get("authorization") ?? "";
    const date = headers.get("x-amz-date") ?? "";
    const token = headers.get("x-amz-security-token");
    // Only what both sign can be compared: the names are the client's.
    const [, names = ""] = /SignedHeaders=([^,]+)/.exec(theirs) ?? [];
    const signed = names.split(";").filter((name) => name !== "host");
    const signer = new AwsSigner({
      ...CREDENTIALS,
      ...(token !== undefined && { sessionToken: token }),
    }, { now: () => timeOf(date), signed });
    const proof = await signer.authorize({
      method: method as "POST",
      url: upstream.url(path),
      headers: Object.fromEntries(headers),
      body,
    }, signal);
    assertEquals(proof.authorization, theirs, path);
    assertEquals(proof["x-amz-date"], date);
    assertEquals(proof["x-amz-security-token"], token);
    const model = MODELS[Math.floor(index / 2) % MODELS.length]!;
    assert(path.startsWith(`${modelPath(model)}/`), path);
  }
});

Deno.test("E24: a refusal that tells another time moves the clock, once", async () => {
  const signer = new AwsSigner(CREDENTIALS, { now: () => 0 });
  const answer = (date?: string) => ({
    status: 403,
    headers: date === undefined ? {} : { date },
    body: { pump: () => Promise.resolve(), cancel: () => {} },
  });
  const hour = new Date(3_600_000).toUTCString();
  assertEquals(signer.refused({}, answer()), false);
  assertEquals(signer.refused({}, answer("no date")), false);
  assertEquals(
    signer.refused({}, answer(new Date(60_000).toUTCString())),
    false,
  );
  assertEquals(signer.refused({}, answer(hour)), true);
  assertEquals(signer.refused({}, answer(hour)), false);
  const request = {
    method: "POST",
    url: "http://127.0.0.1/x",
    headers: {},
    body: "",
  } as const;
  const { "x-amz-date": date } = await signer.authorize(request, signal);
  assertEquals(date, "19700101T010000Z");
});

function timeOf(date: string): number {
  return Date.parse(
    date.replace(
      /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
      "$1-$2-$3T$4:$5:$6Z",
    ),
  );
}
