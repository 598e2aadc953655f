import { FeatureFlags } from "./feature_flags.ts";

const flags = new FeatureFlags({
  flags: {
    on: true,
    share: { share: 0.5 },
    rules: {
      share: 0.1,
      rules: [
        { keys: ["a", "b"], teams: ["core"] },
        { routes: ["/v1/messages"], headers: { "x-beta": "1" } },
        { teams: ["edge"], share: 0.5 },
      ],
    },
  },
});
const subject = {
  key: "team-a-production",
  team: "edge",
  route: "/v1/chat/completions",
  header: (): string | undefined => undefined,
};

for (const name of ["on", "share", "rules", "unheard-of"]) {
  Deno.bench(`FeatureFlags: '${name}' (at most 1 µs)`, () => {
    flags.isOn(name, subject);
  });
}
