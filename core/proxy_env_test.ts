import { assertEquals } from "@std/assert";
import { proxyFor } from "./proxy_env.ts";

function env(some: Readonly<Record<string, string>>) {
  const values = new Map(Object.entries(some));
  return (name: string): string | undefined => values.get(name);
}

const PROXY = "http://user:pass@proxy.test:3128";

Deno.test("proxyFor() takes the variable of the address's own scheme", () => {
  const get = env({ HTTPS_PROXY: "http://s:1", HTTP_PROXY: "http://p:2" });
  assertEquals(proxyFor("https://a.test/v1", get), "http://s:1");
  assertEquals(proxyFor("http://a.test/v1", get), "http://p:2");
  for (const url of ["mock://mock", "x", "", "ftp://a.test/"]) {
    assertEquals(proxyFor(url, get), undefined);
  }
  assertEquals(proxyFor("https://a.test/", env({})), undefined);
});

Deno.test("proxyFor() prefers lower case, skips what is empty and adds a scheme", () => {
  const both = env({ https_proxy: "http://low:1", HTTPS_PROXY: "http://up:1" });
  assertEquals(proxyFor("https://a.test/", both), "http://low:1");
  const empty = env({ https_proxy: "", HTTPS_PROXY: " up:1 " });
  assertEquals(proxyFor("https://a.test/", empty), "http://up:1");
  assertEquals(
    proxyFor("https://a.test/", env({ HTTPS_PROXY: " " })),
    undefined,
  );
});

Deno.test("proxyFor() heeds NO_PROXY in all its forms", () => {
  const cases: [entries: string, direct: string[], proxied: string[]][] = [
    ["*", ["https://a.test/"], []],
    [
      "a.test",
      ["https://a.test/", "https://A.TEST./", "https://x.y.a.test/"],
      ["https://ba.test/", "https://a.test.b/"],
    ],
    [".a.test", ["https://a.test/", "https://x.a.test/"], ["https://b.test/"]],
    ["*.a.test", ["https://x.a.test/"], ["https://xa.test/"]],
    ["x , A.test\tb.test", ["https://a.test/", "https://b.test/"], []],
    ["a.test:8443", ["https://a.test:8443/"], ["https://a.test/"]],
    ["a.test:443", ["https://a.test/"], ["https://a.test:8443/"]],
    ["10.1.2.3", ["https://10.1.2.3/", "https://167838211/"], [
      "https://10.1.2.4/",
    ]],
    ["10.0.0.0/8", ["https://10.9.9.9/"], ["https://11.0.0.1/"]],
    ["10.0.0.0/8:443", ["https://10.9.9.9/"], ["https://10.9.9.9:1/"]],
    ["fd00::/8", ["https://[fd12::1]/"], ["https://[fe00::1]/"]],
    ["fd00::1", ["https://[fd00:0::1]/"], ["https://[fd00::2]/"]],
    ["[fd00::1]:443", ["https://[fd00::1]/"], ["https://[fd00::1]:1/"]],
    [
      "10.0.0.0/99,10.0.0.0/x,/,:,[,a:b:c,.,",
      [],
      ["https://10.0.0.1/", "https://a.test/"],
    ],
  ];
  for (const [entries, direct, proxied] of cases) {
    const get = env({ HTTPS_PROXY: PROXY, NO_PROXY: entries });
    for (const url of direct) {
      assertEquals(proxyFor(url, get), undefined, `${entries} ${url}`);
    }
    for (const url of proxied) {
      assertEquals(proxyFor(url, get), PROXY, `${entries} ${url}`);
    }
  }
});

Deno.test("proxyFor() asks for this machine through no proxy", () => {
  const get = env({ HTTP_PROXY: PROXY });
  const own = [
    "localhost",
    "127.0.0.1:8000",
    "127.9.9.9",
    "[::1]",
    "a.localhost",
  ];
  for (const host of own) {
    assertEquals(proxyFor(`http://${host}/`, get), undefined, host);
  }
});
