import {
  type EndpointName,
  type PassedEndpoint,
  passEndpoint,
} from "@llm-proxy/core/passing";
import type { Destination, RoutedAttempt } from "@llm-proxy/core/routing";
import { readForm } from "./_form_body.ts";
import { attempt, type RequestContext, route } from "./endpoints.ts";
import { guardRequest } from "./guard_request.ts";
import { checkModel, readJson } from "./read_json.ts";
import { relayBytes } from "./relay_bytes.ts";

/** Serves one route. */
export type Handle = (context: RequestContext) => Promise<void>;

/** Serves an endpoint whose requests are JSON and whose answers pass as they are. */
export function passJson(endpoint: EndpointName): Handle {
  return async function passedJson(context: RequestContext): Promise<void> {
    let document = await readJson(context);
    const model = checkModel(document);
    if (context.gateway.guardrails !== undefined) {
      const asked = { document, model, canMask: false };
      ({ document } = await guardRequest(context, asked));
    }
    await carry(context, {
      endpoint,
      model,
      prepare: (deployment) => passEndpoint(document, { endpoint, deployment }),
    });
  };
}

/** Serves an endpoint whose requests are forms with files, of any size, and whose answers pass as they are. */
export function passForm(endpoint: EndpointName): Handle {
  return async function passedForm(context: RequestContext): Promise<void> {
    const form = await readForm(context);
    const { model, contentType } = form;
    try {
      await carry(context, {
        endpoint,
        model,
        prepare(deployment, routed) {
          const source = form.source(deployment.model, () => routed.commit());
          return passEndpoint(source, { endpoint, deployment, contentType });
        },
      });
    } finally {
      form.close();
    }
  };
}

/** Serves an endpoint of which some providers want a form, others JSON with addresses in place of files. */
export function passFormOrJson(endpoint: EndpointName): Handle {
  const [form, json] = [passForm(endpoint), passJson(endpoint)];
  return function passedEither(context: RequestContext): Promise<void> {
    const type = context.exchange.header("content-type") ?? "";
    return /\bjson\b/i.test(type) ? json(context) : form(context);
  };
}

async function carry(
  context: RequestContext,
  { endpoint, model, prepare }: {
    readonly endpoint: EndpointName;
    readonly model: string;
    readonly prepare: (
      deployment: Destination,
      routed: RoutedAttempt,
    ) => PassedEndpoint;
  },
): Promise<void> {
  await route(context, {
    request: { model, endpoint },
    work: (routed) =>
      attempt(context, {
        routed,
        prepare: ({ candidate }) => prepare(candidate, routed),
        answer: relayBytes,
      }),
  });
}
