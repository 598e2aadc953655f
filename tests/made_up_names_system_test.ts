import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { Load } from "./_load.ts";
import { tell } from "./_measured.ts";
import { MeasuredGateway } from "./_measured_gateway.ts";

/** What requests with new names may leave behind, in bytes. */
const MORE_MEMORY = 20 * 1024 ** 2;
const KEY = "key-of-the-team-0815";
const MIB = 1024 ** 2;

Deno.test("X13: names that callers make up leave no series and no memory behind, whatever they name", async () => {
  await using gateway = await MeasuredGateway.start(`
auth: {api_keys: [{name: team, key: ${KEY}}]}
providers: [{type: mock}]
logging: {level: error, requests: {max_rows: 500}}
routes: [{match: any, targets: [mock/echo]}]
rate_limit: {enabled: true, default: [1000000/minute]}
`);
  using load = new Load(gateway.url);
  let number = 0;
  /** Each kind has a name of its own in each place that is a caller's to fill. */
  const ask = async (): Promise<number> => {
    const name = `made-up-${number++}`;
    const headers = {
      "authorization": number % 4 === 0
        ? `Bearer sk-${name}-0123456789`
        : `Bearer ${KEY}`,
      "user-agent": name,
      "x-request-id": name,
      "traceparent": `00-${
        String(number).padStart(32, "a")
      }-b7ad6b7169203331-01`,
      "x-forwarded-for": `10.0.${number >> 8 & 255}.${number & 255}`,
    };
    if (number % 4 === 1) return (await load.get(`/${name}/${name}`)).status;
    const model = number % 4 === 2 ? "any" : `mock/${name}`;
    const { status } = await load.ask({ model, headers, content: name });
    return status;
  };
  const flood = async (count: number): Promise<Set<number>> => {
    const statuses = new Set<number>();
    let left = count;
    await Promise.all(Array.from({ length: 16 }, async () => {
      while (left-- > 0) statuses.add(await ask());
    }));
    return statuses;
  };
  assertEquals([...await flood(2_000)].toSorted(), [200, 401, 404]);
  const before = await gateway.used();
  await flood(6_000);
  const more = await gateway.used() - before;
  const answer = await fetch(`${gateway.url}/metrics`, {
    headers: { authorization: `Bearer ${KEY}` },
  });
  const series = (await answer.text()).split("\n")
    .filter((line) => /^[^#]/.test(line));
  tell("X13", `${series.length} series, ${(more / MIB).toFixed(1)} MiB more`);
  assertGreater(series.length, 100);
  assertLess(series.length, 5_000);
  assertEquals(series.filter((line) => line.includes("made-up")), []);
  assertLess(more, MORE_MEMORY);
});
