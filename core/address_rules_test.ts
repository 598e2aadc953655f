import { assert, assertEquals } from "@std/assert";
import { parseTarget } from "./_http_head.ts";
import { isListed, isRefusedHost, refusedAddresses } from "./address_rules.ts";

/** Addresses by the least scope that lets a name lead there. */
const ADDRESSES: Readonly<
  Record<typeof SCOPES[number] | "never", readonly string[]>
> = {
  public: [
    "1.1.1.1",
    "9.255.255.255",
    "100.63.255.255",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "223.255.255.255",
    "2606:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
  ],
  private: [
    "10.0.0.1",
    "100.64.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.255.255",
    "198.19.0.1",
    "fd12:3456::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "64:ff9b::c0a8:101",
    "::10.0.0.1",
  ],
  loopback: [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "0:0:0:0:0:0:0:1",
    "::ffff:7f00:1",
    "::FFFF:127.0.0.1",
    "0:0:0:0:0:ffff:7f00:0001",
    "64:ff9b::7f00:1",
    "::127.0.0.1",
  ],
  never: [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.1.1",
    "192.0.2.1",
    "203.0.113.9",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1",
    "febf::1",
    "fe80::1%eth0",
    "ff02::1",
    "2002:7f00:1::",
    "2001:0:7f00:1::",
    "2001:db8::1",
    "64:ff9b:1::7f00:1",
    "::ffff:0:7f00:1",
    "::ffff:169.254.1.1",
    "64:ff9b::a9fe:101",
  ],
};

const METADATA = [
  "169.254.169.254",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "64:ff9b::a9fe:a9fe",
  "::a9fe:a9fe",
  "169.254.170.2",
  "fd00:ec2::254",
  "FD00:0EC2:0:0::0254",
  "fd20:ce::254",
  "100.100.100.200",
  "168.63.129.16",
  "192.0.0.192",
];

const SCOPES = ["public", "private", "loopback"] as const;

Deno.test("X7: an address is refused to whom its scope is too wide for, in every spelling", () => {
  for (const [least, addresses] of Object.entries(ADDRESSES)) {
    for (const address of addresses) {
      for (const scope of SCOPES) {
        const list = refusedAddresses("provider.test", scope);
        const allowed = least !== "never" &&
          SCOPES.indexOf(scope) >=
            SCOPES.indexOf(least as typeof SCOPES[number]);
        assertEquals(isListed(list, address), !allowed, `${address} ${scope}`);
      }
    }
  }
});

Deno.test("X7: only a client that fetches credentials may go where clouds keep them", () => {
  for (const address of METADATA) {
    assert(!isRefusedHost(address, "credentials"), address);
  }
});

Deno.test("X7: a cloud's metadata is refused to every name and every scope, and where it is written", () => {
  for (const address of METADATA) {
    for (const scope of [...SCOPES, undefined]) {
      const list = refusedAddresses("provider.test", scope);
      assert(isListed(list, address), `${address} ${scope}`);
      assert(isRefusedHost(address, scope), `${address} ${scope}`);
    }
  }
});

Deno.test("X7: without a scope a name may lead to private networks, and only localhost to this machine", () => {
  const reaches = (hostname: string, address: string): boolean =>
    !isListed(refusedAddresses(hostname, undefined), address);
  for (
    const name of ["vllm", "api.openai.com", "notlocalhost", "localhost.a"]
  ) {
    assert(reaches(name, "1.1.1.1"), name);
    assert(reaches(name, "10.1.2.3"), name);
    assert(!reaches(name, "127.0.0.1"), name);
    assert(!reaches(name, "::1"), name);
    assert(!reaches(name, "169.254.1.1"), name);
  }
  for (const name of ["localhost", "LOCALHOST.", "vllm.localhost"]) {
    assert(reaches(name, "127.0.0.1"), name);
    assert(reaches(name, "::1"), name);
    assert(!reaches(name, "169.254.1.1"), name);
  }
});

Deno.test("X7: without a scope an address leads where it says", () => {
  const addresses = Object.values(ADDRESSES).flat();
  for (const address of addresses) assert(!isRefusedHost(address, undefined));
});

Deno.test("X7: with a scope a host is refused by its text, however it is spelled", () => {
  const hosts = [
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.1",
    "127.0.0.1.",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "0",
    "0.0.0.0",
    "localhost",
    "LocalHost.",
    "ｌｏｃａｌｈｏｓｔ",
    "a.localhost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:ffff:7f00:1]",
    "[64:ff9b::7f00:1]",
    "169.254.169.254",
    "0xa9fea9fe",
    "2852039166",
    "0251.0376.0251.0376",
    "10.0.0.1",
    "192.168.0.1",
    "[fd00::1]",
  ];
  for (const host of hosts) {
    const { hostname } = parseTarget(`http://${host}:8080/v1`);
    assert(isRefusedHost(hostname, "public"), host);
  }
  for (const host of ["api.openai.com", "1.1.1.1", "[2606:4700::1111]"]) {
    const { hostname } = parseTarget(`http://${host}:8080/v1`);
    assert(!isRefusedHost(hostname, "public"), host);
  }
});
