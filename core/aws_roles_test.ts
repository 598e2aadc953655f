import { assert, assertEquals, assertRejects } from "@std/assert";
import { awsRoleKeys } from "./aws_roles.ts";
import { AwsSigner } from "./aws_signer.ts";
import { UpstreamError } from "./errors.ts";
import { TestUpstream } from "./_test_upstream.ts";

const { signal } = new AbortController();
const region = "eu-west-1";
const END = new Date(Date.now() + 3_600_000).toISOString();
const KEYS = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "s3cr3t",
  sessionToken: "t0k/en==",
};
const JSON_ANSWER = JSON.stringify({
  Code: "Success",
  AccessKeyId: KEYS.accessKeyId,
  SecretAccessKey: KEYS.secretAccessKey,
  Token: KEYS.sessionToken,
  Expiration: END,
});
const XML_ANSWER =
  `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
  <AssumeRoleWithWebIdentityResult><Credentials>
    <AccessKeyId>${KEYS.accessKeyId}</AccessKeyId>
    <SecretAccessKey>${KEYS.secretAccessKey}</SecretAccessKey>
    <SessionToken>${KEYS.sessionToken}</SessionToken>
    <Expiration>${END}</Expiration>
  </Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>`;

function hostOf(upstream: TestUpstream): string {
  return new URL(upstream.url()).host;
}

Deno.test("E24: an instance's credentials are asked of its metadata server by its second version", async () => {
  await using upstream = await TestUpstream.start((request) => {
    const body = request.method === "PUT"
      ? "session-1"
      : request.path.endsWith("/security-credentials/")
      ? "gateway-role\n"
      : JSON_ANSWER;
    return request.respond(body);
  });
  const metadataHost = hostOf(upstream);
  const role = { from: "instance", metadataHost } as const;
  const { token, expiresAt } = await awsRoleKeys(role, { region })(signal);
  assertEquals(JSON.parse(token), KEYS);
  assertEquals(expiresAt, Date.parse(END));
  const roles = "/latest/meta-data/iam/security-credentials/";
  assertEquals(
    upstream.requests.map(({ method, path, headers }) => [
      method,
      path,
      headers.get("x-aws-ec2-metadata-token"),
    ]),
    [
      ["PUT", "/latest/api/token", undefined],
      ["GET", roles, "session-1"],
      ["GET", `${roles}gateway-role`, "session-1"],
    ],
  );
});

Deno.test("E24: a container's credentials are asked for with what its platform gives, read each time", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(JSON_ANSWER)
  );
  const authorizationFile = await Deno.makeTempFile();
  const fetch = awsRoleKeys({
    from: "container",
    url: upstream.url("/v2/credentials"),
    authorizationFile,
  }, { region });
  try {
    for (const proof of ["first", "second"]) {
      await Deno.writeTextFile(authorizationFile, `${proof}\n`);
      assertEquals(JSON.parse((await fetch(signal)).token), KEYS);
      assertEquals(
        upstream.requests.at(-1)?.headers.get("authorization"),
        proof,
      );
    }
  } finally {
    await Deno.remove(authorizationFile);
  }
});

Deno.test("E24: another platform's token is changed for credentials by Amazon's token service", async () => {
  await using upstream = await TestUpstream.start((request) =>
    request.respond(XML_ANSWER)
  );
  const tokenFile = await Deno.makeTempFile();
  await Deno.writeTextFile(tokenFile, "eyJ.web.identity\n");
  try {
    const { token, expiresAt } = await awsRoleKeys({
      from: "web_identity",
      roleArn: "arn:aws:iam::123456789012:role/gateway",
      tokenFile,
      sts: upstream.url("/"),
    }, { region })(signal);
    assertEquals(JSON.parse(token), KEYS);
    assertEquals(expiresAt, Date.parse(END));
    const form = new URLSearchParams(upstream.requests[0]?.body);
    assertEquals(Object.fromEntries(form), {
      Action: "AssumeRoleWithWebIdentity",
      Version: "2011-06-15",
      RoleArn: "arn:aws:iam::123456789012:role/gateway",
      RoleSessionName: "llm-proxy",
      WebIdentityToken: "eyJ.web.identity",
    });
  } finally {
    await Deno.remove(tokenFile);
  }
});

Deno.test("E24, K3: what is no credentials is a failure that repeats none of it", async () => {
  const answers = ['{"Code":"Failed","SecretAccessKey":"leak"}', "leak", ""];
  await using upstream = await TestUpstream.start((request) =>
    request.respond(answers.shift() ?? "")
  );
  const url = upstream.url("/");
  for (let asked = 0; asked < 3; asked++) {
    const error = await assertRejects(
      () => awsRoleKeys({ from: "container", url }, { region })(signal),
      UpstreamError,
    );
    assert(!Deno.inspect(error).includes("leak"));
  }
});

Deno.test("E1, E24: requests are signed with a role's credentials, fetched once, and anew where they are refused as run out", async () => {
  let fetched = 0;
  await using upstream = await TestUpstream.start((request) => {
    fetched++;
    return request.respond(JSON_ANSWER.replace("ASIA", `ASIA${fetched}`));
  });
  const signer = new AwsSigner({
    region,
    role: { from: "container", url: upstream.url("/") },
  });
  const request = {
    method: "POST",
    url: "https://bedrock-runtime.eu-west-1.amazonaws.com/model/m/converse",
    headers: { "content-type": "application/json" },
    body: "{}",
  } as const;
  const sign = () => signer.authorize(request, signal);
  const [one, two] = await Promise.all([sign(), sign()]);
  assertEquals(fetched, 1);
  assertEquals(one["x-amz-security-token"], KEYS.sessionToken);
  assert(two.authorization?.includes("Credential=ASIA1EXAMPLE/"));
  const answer = (type: string) => ({
    status: 403,
    headers: { "x-amzn-errortype": type },
  });
  const refused = (type: string) =>
    signer.refused(
      one,
      answer(type) as unknown as Parameters<typeof signer.refused>[1],
    );
  assert(!refused("AccessDeniedException"));
  assert(refused("ExpiredTokenException:http://internal.amazon.com/"));
  assert((await sign()).authorization?.includes("Credential=ASIA2EXAMPLE/"));
  signer.close();
});
