import { BlockList, isIP } from "node:net";

const MAPPED = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** Networks and addresses, of both families. */
export class IpRanges {
  readonly #list = new BlockList();

  /** Takes addresses and networks, as `10.0.0.0/8`, which were checked. */
  constructor(ranges: readonly string[]) {
    for (const range of ranges) {
      const [address = "", length] = range.split("/");
      const family = isIP(address) === 6 ? "ipv6" : "ipv4";
      if (length === undefined) this.#list.addAddress(address, family);
      else this.#list.addSubnet(address, Number(length), family);
    }
  }

  /** Whether an address is in one of them; one that nobody knows is in none. */
  has(address: string | undefined): boolean {
    if (address === undefined) return false;
    // How a socket of both families spells one of IPv4.
    const plain = MAPPED.exec(address)?.[1] ?? address;
    const family = isIP(plain);
    return family !== 0 &&
      this.#list.check(plain, family === 6 ? "ipv6" : "ipv4");
  }
}
