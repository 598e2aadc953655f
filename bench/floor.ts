// The floor: the least that a gateway in this runtime can do. It reads the
// body, asks the upstream and hands the answer on, untouched.
const upstream = Deno.args[0] ?? "";
const onListen = ({ port }: Deno.NetAddr): void =>
  // deno-lint-ignore no-console
  console.log(`http://127.0.0.1:${port}`);
Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, async (request) => {
  const { pathname } = new URL(request.url);
  const body = await request.text();
  const headers = { "content-type": "application/json" };
  const answer = await fetch(upstream + pathname, {
    method: "POST",
    headers,
    body,
  });
  const type = answer.headers.get("content-type") ?? "";
  const stream = type.startsWith("text/event-stream");
  return new Response(stream ? answer.body : await answer.text(), {
    headers: { "content-type": type },
  });
});
