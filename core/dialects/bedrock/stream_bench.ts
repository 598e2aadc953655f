import { EventStreamParser } from "../../eventstream_parser.ts";
import { RecodedStream } from "../../recoded_stream.ts";
import { ChatStreamEncoder } from "../openai_chat/encode_stream.ts";
import { ConverseStreamDecoder } from "./decode_stream.ts";
import { frame, type Step } from "./_test_frames.ts";

const START = frame(["messageStart", { role: "assistant" }]);
const DELTA: Step = ["contentBlockDelta", {
  contentBlockIndex: 0,
  delta: { text: "Hello there" },
}];
const PIECE = frame(DELTA);

Deno.bench(
  "1000 frames of text: cut, verified, decoded, told to a chat client",
  (bench) => {
    const parser = new EventStreamParser();
    const stream = new RecodedStream(
      new ConverseStreamDecoder(),
      new ChatStreamEncoder({ includeUsage: false }),
    );
    const push = (bytes: Uint8Array): void => {
      for (const event of parser.push(bytes)) stream.push(event);
    };
    push(START);
    bench.start();
    for (let i = 0; i < 1000; i++) push(PIECE);
    bench.end();
  },
);

Deno.bench("1000 frames of text: cut and verified", (bench) => {
  const parser = new EventStreamParser();
  bench.start();
  for (let i = 0; i < 1000; i++) parser.push(PIECE);
  bench.end();
});
